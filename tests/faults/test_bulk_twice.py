"""X06: the same work is asked for twice, also at the same time: it is done once."""

from __future__ import annotations

from functools import partial

import pytest
from django.core import mail

from policygen.policies import tasks
from policygen.policies.models import Batch, BatchStage, Event
from tests.faults.bulk_trials import asked_twice, together
from tests.faults.engine import Engine, once_each, publish, started
from tests.policies.bulk.fleet import fleet

pytestmark = [pytest.mark.usefixtures("people", "quick_pdfs")]


def test_a_policy_that_two_publish_at_once_has_one_version(embedded: Engine) -> None:
    asked_twice(pairs=4)


def test_a_batch_that_is_asked_for_again_and_again_is_done_once_with_one_mail(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "CHUNK", 2)
    batch = started(fleet(6), wants_mail=True)
    together(*[partial(tasks.work, str(batch.pk))] * 6)
    while Batch.objects.get(pk=batch.pk).stage != BatchStage.READY:
        tasks.work(str(batch.pk))
    assert len(mail.outbox) == 1
    publish(batch)
    while Batch.objects.get(pk=batch.pk).stage != BatchStage.DONE:
        together(*[partial(tasks.work, str(batch.pk))] * 4)
    once_each(batch, 6)
    assert len(mail.outbox) == 2, "one for each stage that somebody waits for"
    assert Event.objects.filter(action="published").count() == 6
