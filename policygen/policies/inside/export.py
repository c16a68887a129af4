"""Everything that a practice has, to take away."""

from __future__ import annotations

import logging
from tempfile import TemporaryFile
from typing import IO, cast

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect

from policygen.policies.inside.pages import member_page
from policygen.policies.inside.slow import TAKEN, one_of_few
from policygen.policies.proof.archive import write_archive
from policygen.practices.access import Access
from policygen.practices.models import Practice
from policygen.practices.roles import Right

logger = logging.getLogger("policygen.policies")

NOT_PACKED = (
    "The archive could not be packed, because this site has no room to write it. Tell whoever runs "
    "it, then try again."
)


@member_page(Right.MANAGE, "GET")
def export(request: HttpRequest, access: Access) -> HttpResponse:
    """Hand out the archive of the practice. It is packed on the disk, and gone afterwards."""
    practice = access.practice
    try:
        response = one_of_few(lambda: _answered(practice))
    except OSError as error:
        logger.error("the archive of practice %s was not packed", practice.pk, exc_info=error)
        messages.error(request, NOT_PACKED)
        return redirect(practice)
    if response is None:
        messages.error(request, TAKEN)
        return redirect(practice)
    return cast(HttpResponse, response)  # it has all that decorators of views ask for


def _answered(practice: Practice) -> FileResponse:
    file, name = _packed(practice), f"{practice.slug}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


def _packed(practice: Practice) -> IO[bytes]:
    """Return a temporary file with the archive. Raises ``OSError``."""
    file = TemporaryFile()  # noqa: SIM115 – the response closes it
    try:
        write_archive(practice, file)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file
