"""Give releases that were loaded before there was a desk their working rows."""

import json

from django.db import migrations
from django.utils import timezone

STEP = 10


def adopt(apps, schema_editor):
    releases = list(apps.get_model("library", "Release").objects.order_by("number"))
    if not releases:
        return
    models = {name: apps.get_model("library", name) for name in MODELS}
    frames = {release.pk: frame_of(json.loads(release.snapshot)) for release in releases}
    newest = frames[releases[-1].pk]
    wanted = {}
    for release in releases:
        wanted.update(frames[release.pk])
    for (kind, name), content in wanted.items():
        row = models[NAMES[kind]](name=name, edited_at=releases[-1].made_at)
        for field, value in content.items():
            setattr(row, field, value)
        if kind == "option":
            row.question_id = name.partition(":")[0]
        row.withdrawn = content["withdrawn"] or (kind, name) not in newest
        row.state = "retired" if row.withdrawn else "released"
        row.save(force_insert=True)
    for release in releases:
        adopt_clauses(release, models)
    retire_clauses(releases[-1], models)
    loaded = [[kind, name, 1, content] for (kind, name), content in newest.items()]
    loaded += [
        ["clause", plain["slug"], plain["version"], clause_content(plain)]
        for plain in json.loads(releases[-1].snapshot)["clauses"]
    ]
    models["LoadedFiles"].objects.create(at=releases[-1].made_at, contents=as_json(loaded))
    for release in releases:
        release.frame = as_json(
            [[kind, name, 1, content] for (kind, name), content in frames[release.pk].items()]
        )
        release.title = "Loaded from files"
        release.published_at = release.made_at
        release.effective_from = timezone.localdate(release.made_at)
        release.save()


MODELS = (
    *("PolicyTitle", "Section", "Question", "Option"),
    *("Clause", "ClauseVersion", "ReleaseClause", "LoadedFiles"),
)
NAMES = {
    "title": "PolicyTitle",
    "section": "Section",
    "question": "Question",
    "option": "Option",
}


def frame_of(snapshot):
    frame = {
        ("title", "title"): {
            "title": snapshot["title"],
            "language": snapshot["language"],
            "withdrawn": False,
        }
    }
    for place, section in enumerate(snapshot["sections"], start=1):
        content = {"title": section["title"], "order": place * STEP, "withdrawn": False}
        frame["section", section["id"]] = content
    for place, question in enumerate(snapshot["questions"], start=1):
        content = {**question, "order": place * STEP, "withdrawn": False}
        content["kind_of_answer"] = content.pop("kind")
        content["minimum"], content["maximum"] = content.pop("min"), content.pop("max")
        name, options = content.pop("id"), content.pop("options")
        frame["question", name] = content
        for position, option in enumerate(options, start=1):
            said = {**option, "order": position * STEP}
            said["withdrawn"] = said.pop("retired", False)
            frame["option", f"{name}:{said.pop('id')}"] = said
    return frame


def as_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def clause_content(plain):
    kept = ("title", "order", "when", "run_in", "body", "claims", "citations", "note")
    return {
        **{name: plain[name] for name in kept},
        "statements": plain["models"],
        "section_id": plain["section"],
        "withdrawn": False,
    }


def adopt_clauses(release, models):
    versions = models["ClauseVersion"].objects
    for plain in json.loads(release.snapshot)["clauses"]:
        clause, _ = models["Clause"].objects.get_or_create(slug=plain["slug"])
        # A clause that was taken out at the desk and came back left out a number meanwhile.
        while clause.newest is not None and clause.newest.number + 1 < plain["version"]:
            withdraw(clause)
        version, new = versions.get_or_create(
            clause=clause,
            number=plain["version"],
            defaults={
                **clause_content(plain),
                "state": "released",
                "edited_at": release.made_at,
            },
        )
        models["ReleaseClause"].objects.create(release=release, version=version)
        if new:
            clause.newest = version
            clause.save()


def retire_clauses(newest, models):
    """Let clauses that the newest release no longer has end with a version that says so."""
    there = {plain["slug"] for plain in json.loads(newest.snapshot)["clauses"]}
    for clause in models["Clause"].objects.exclude(slug__in=there).select_related("newest"):
        withdraw(clause)


def withdraw(clause):
    last = clause.newest
    last.pk, last.number = None, last.number + 1
    last.withdrawn, last.state = True, "retired"
    last.save(force_insert=True)
    clause.newest = last
    clause.save()


def leave(apps, schema_editor):
    """Empty the desk, its log too: the tables go with 0002, and ``adopt`` fills them again.

    Raises ``RuntimeError`` while there is a release that the code before the desk would misread:
    to it all releases are published, and the one with the highest number is in force.
    """
    releases = apps.get_model("library", "Release").objects
    today = timezone.localdate()
    for release in releases.exclude(state="published", effective_from__lte=today)[:1]:
        raise RuntimeError(REFUSAL.format(number=release.number, standing=standing(release)))
    schema_editor.execute("UPDATE library_clause SET newest_id = NULL")
    for table in EMPTIED:
        schema_editor.execute(f"DELETE FROM library_{table}")
    releases.update(made_by=None, published_by=None)  # the log that says so is gone


def standing(release):
    if release.state == "published":
        return f"is scheduled for {release.effective_from}"
    return {"candidate": "is a candidate", "cancelled": "was cancelled"}[release.state]


REFUSAL = (
    "The desk cannot be taken back: release {number} {standing}. Without the desk, every release "
    "counts as published, so this one could come into force. Run “manage.py migrate” to have the "
    "desk and its triggers again. A candidate can be discarded there, and a scheduled release be "
    "waited for. After a cancelled one, only a backup from before it leads back."
)
EMPTIED = (
    *("releaseclause", "clauseversion", "clause", "option", "question", "section"),
    *("policytitle", "loadedfiles", "transition"),
)
"""In this order nothing is left without what it refers to."""


class Migration(migrations.Migration):
    dependencies = [("library", "0002_desk")]
    operations = [migrations.RunPython(adopt, leave)]
