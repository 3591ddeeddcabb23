"""The words of the sample data. Days are counted from today; None is no date."""

CLIENTS = (
    ("Northwind Coffee", "Food and drink"),
    ("Müller & Söhne Logistik", "Logistics"),
    ("Casa Verde", "Real estate"),
)

# client, name, status, summary
PROJECTS = (
    ("Northwind Coffee", "Online shop relaunch", "active", "New shop on a faster platform; launch before the season."),
    ("Northwind Coffee", "Spring campaign", "active", "Photos, newsletter and shop window for the spring blends."),
    ("Müller & Söhne Logistik", "Driver app", "active", "Delivery lists and signatures on the drivers' phones."),
    ("Müller & Söhne Logistik", "Warehouse signage", "archived", "Finished last year; kept for the print files."),
    ("Casa Verde", "Brand refresh", "active", "Logo, type and colours, without losing thirty years of trust."),
    (None, "Studio operations", "active", "Everything that keeps the studio itself going."),
)

_SHOP, _SPRING, _APP, _SIGNS, _BRAND, _STUDIO = (name for _client, name, _status, _summary in PROJECTS)

# project, title, status, priority, due in days, assignees
TASKS: tuple[tuple[str | None, str, str, str, int | None, tuple[str, ...]], ...] = (
    (_SHOP, "Approve the checkout texts", "todo", "high", 0, ("Ana",)),
    (_SHOP, "Deploy the shop to staging", "in_progress", "high", 0, ("Ben", "Ana")),
    (_APP, "Call Mr. Müller about the pilot drivers", "todo", "high", 0, ("Carla",)),
    (_BRAND, "Send the three logo drafts", "in_progress", "medium", 0, ("Carla",)),
    (_STUDIO, "Pay the hosting invoice", "todo", "medium", 0, ("Ana",)),
    (_SPRING, "Book the photographer", "done", "medium", 0, ("Ben",)),
    (_SHOP, "Move product photos to the new storage", "in_progress", "medium", 1, ("Ben",)),
    (_SHOP, "Write redirects for the old addresses", "todo", "high", 2, ("Ben",)),
    (_SHOP, "Test payment with real cards", "todo", "high", 3, ("Ana", "Ben")),
    (_SHOP, "Load test the product search", "todo", "medium", 4, ("Ben",)),
    (_SHOP, "Prepare the rollback plan", "todo", "high", 4, ("Ben",)),
    (_SHOP, "Train the Northwind team", "todo", "low", 9, ("Ana",)),
    (_SHOP, "Choose the shop platform", "done", "high", -21, ("Ana", "Ben")),
    (_SHOP, "Import customers from the old shop", "done", "medium", -3, ("Ben",)),
    (_SPRING, "Draft the newsletter", "in_progress", "medium", 1, ("Carla",)),
    (_SPRING, "Shop window mock-up", "todo", "low", 6, ("Carla",)),
    (_SPRING, "Agree on the spring blends", "done", "high", -8, ("Ana",)),
    (_SPRING, "Order sample bags", "done", "low", -5, ("Carla",)),
    (_SPRING, "Write product descriptions", "todo", "medium", 5, ("Carla",)),
    (_SPRING, "Plan social media posts", "todo", "low", 12, ()),
    (_APP, "Fix the signature on small screens", "in_progress", "high", -1, ("Ben",)),
    (_APP, "Offline mode for delivery lists", "todo", "high", 7, ("Ben",)),
    (_APP, "Translate the app into Polish", "todo", "medium", 14, ()),
    (_APP, "Draw the onboarding screens", "in_progress", "medium", 3, ("Carla",)),
    (_APP, "Set up crash reports", "done", "medium", -6, ("Ben",)),
    (_APP, "Interview five drivers", "done", "high", -12, ("Carla", "Ana")),
    (_APP, "Ask for app store accounts", "todo", "low", -2, ("Ana",)),
    (_APP, "Battery test on older phones", "todo", "low", 10, ("Ben",)),
    (_SIGNS, "Archive the print files", "done", "low", -40, ("Carla",)),
    (_BRAND, "Colour palette with enough contrast", "in_progress", "medium", 2, ("Carla",)),
    (_BRAND, "Compare three typefaces", "done", "medium", -4, ("Carla",)),
    (_BRAND, "Letterhead and business cards", "todo", "low", 15, ("Carla",)),
    (_BRAND, "Workshop with the Casa Verde partners", "todo", "high", 8, ("Ana", "Carla")),
    (_BRAND, "Collect signs of all branches", "done", "low", -9, ()),
    (_STUDIO, "Quarterly tax papers", "todo", "high", 11, ("Ana",)),
    (_STUDIO, "Renew the domain names", "todo", "medium", 20, ("Ben",)),
    (_STUDIO, "Back up the file server", "done", "high", -1, ("Ben",)),
    (_STUDIO, "Write the job ad for a designer", "in_progress", "low", 13, ("Carla",)),
    (None, "Buy a birthday present for Carla", "todo", "medium", 1, ()),
    (None, "Read about accessibility rules", "todo", "low", None, ()),
)

DESCRIPTIONS = {
    "Deploy the shop to staging": "Follow the deployment checklist. Ask Ana before the database is copied.",
    "Prepare the rollback plan": "Who decides, until when, and how we get back to the old shop within 15 minutes.",
    "Test payment with real cards": "One card of each kind, one refund, one refused card.",
    "Call Mr. Müller about the pilot drivers": "He wants six drivers; we can look after four.",
    "Send the three logo drafts": "As one PDF, with a sentence about each.",
}
SUGGESTED = {"Plan social media posts", "Battery test on older phones"}

COMMENTS = (
    ("Deploy the shop to staging", "Ben", "The first try failed: the image was built for the wrong platform."),
    ("Deploy the shop to staging", "Ana", "Second try looks good. Search is still empty."),
    ("Send the three logo drafts", "Carla", "Draft two needs another evening."),
    ("Call Mr. Müller about the pilot drivers", "Carla", "He is in the office from ten."),
    ("Fix the signature on small screens", "Ben", "Happens below 360 pixels only."),
    ("Back up the file server", "Ben", "Done, and a restore was tried."),
)

NOTES = (
    (
        _SHOP,
        "Deployment checklist",
        (
            "# Deployment checklist\n\n1. Tell the client, one day before\n2. Back up the database and **restore it once**\n"
            "3. Deploy to *staging*, run the smoke tests\n4. Switch the traffic at 6:00\n5. Watch errors for two hours\n\n"
            "> Never on a Friday.\n"
        ),
    ),
    (
        _SHOP,
        "Deployment notes: staging",
        (
            "## What went wrong on staging\n\n- the image was built for `arm64`, the server is `amd64`\n"
            "- `SEARCH_URL` was missing, so product search stayed empty\n\n"
            "```sh\ndocker buildx build --platform linux/amd64 .\n```\n"
        ),
    ),
    (
        _SHOP,
        "Kick-off with Northwind",
        (
            "# Kick-off\n\nPresent: Ana, Ben, Ms. Lindqvist\n\n- launch **before the season**\n- old links keep working\n"
            "- nobody wants to log in before paying\n"
        ),
    ),
    (
        _SPRING,
        "Spring blends",
        "# Spring blends\n\n| blend | taste |\n|---|---|\n| Crème | nougat, plum |\n| Alba | citrus |\n",
    ),
    (
        _APP,
        "What drivers told us",
        (
            "# Interviews\n\n- gloves: **large buttons**\n- no signal in half of the yards\n- signature on glass feels odd\n"
            '- "just show me the next stop"\n'
        ),
    ),
    (
        _APP,
        "Release and deployment of the driver app",
        (
            "# Releases\n\nEvery second Tuesday. First ten per cent of the phones, then all after a day without crashes.\n\n"
            "- [ ] store texts in German\n- [x] crash reports\n"
        ),
    ),
    (_BRAND, "What must stay", "# What must stay\n\nThe green, the house, the name. *Everything else may go.*\n"),
    (
        _STUDIO,
        "Passwords and access",
        "# Access\n\nAll passwords are in the vault, none in notes. New people get access from Ana on their first day.\n",
    ),
    (None, "Ideas", "# Ideas\n\n- a small exhibition of rejected logos\n- lunch talks, once a month\n"),
)

TIMELINES = (
    (_SHOP, "Staging complete", 1),
    (_SHOP, "Go-live", 10),
    (_SHOP, "End of support for the old shop", 40),
    (_SPRING, "Campaign starts", 18),
    (_APP, "Pilot with four drivers", 16),
    (_APP, "Release 1.0", 45),
    (_BRAND, "Workshop", 8),
    (_BRAND, "New brand in all branches", 90),
)
