"""What the service costs, each figure beside a baseline measured in the same run: `python -m benchmarks`."""
