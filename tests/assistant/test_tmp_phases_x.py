import asyncio, time, json, cProfile, pstats, os
from tests.assistant.crowd import *
from app.llm.limits import ModelLimits
from tests.assistant.conftest import *
N=int(os.environ.get("N","10"))
async def test_phases(tuned, model, tmp_path):
    model.answer = obedient
    t=time.process_time(); w=time.time()
    async with tuned(model_limits=ModelLimits()) as service, crowd(service, tmp_path, N) as people:
        print("made", time.process_time()-t, time.time()-w)
        pr=cProfile.Profile() if os.environ.get("PROF") else None
        if pr: pr.enable()
        await asyncio.gather(*(m.live_a_day() for m in people))
        if pr:
            pr.disable(); pstats.Stats(pr).sort_stats("tottime").print_stats(25)
        print("lived", time.process_time()-t, time.time()-w)
        try: told = await asyncio.gather(*(m.told_over_http() for m in people))
        except AssertionError as e: print(e)
        print("told", time.process_time()-t, time.time()-w)
        print(len(people[0].desk.of("third").text), len(model.requests))
        print([(m.desk.of(r).end["status"], m.desk.of(r).end.get("error")) for m in people for r in ("first","second","third") if m.desk.of(r).end["status"]!="completed"])
