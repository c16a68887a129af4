"""The pages of a practice's locations."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from policygen.practices.access import Access, within
from policygen.practices.forms import ClosingForm, LocationForm, sent
from policygen.practices.locations import (
    NameTaken,
    NotThatDay,
    TooManyLocations,
    add_location,
    change_location,
    clean_search,
    close_location,
    delete_location,
    keepers_of,
    matching,
    reopen_location,
)
from policygen.practices.models import Brand, Location
from policygen.practices.roles import Right

PAGE = 50
"""How many locations one page shows."""


@require_http_methods(["GET", "HEAD"])
@within(Right.SEE)
def locations(request: HttpRequest, access: Access) -> HttpResponse:
    """List the locations of a practice, page by page: those that are open, or the closed ones."""
    search = clean_search(request.GET.get("q", ""))
    closed = request.GET.get("only") == "closed"
    found = matching(access.practice, search).select_related("brand")
    shown = found.filter(closed_on__isnull=not closed)
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    asked = {"q": search} if search else {}
    context = {
        "access": access,
        "locations": page,
        "search": search,
        "closed": closed,
        "only": "closed" if closed else "",
        "others": found.count() - page.paginator.count,
        "query": urlencode({**asked, "only": "closed"} if closed else asked),
        "query_of_others": urlencode(asked if closed else {**asked, "only": "closed"}),
        "has_any": bool(search) or found.exists(),
    }
    return render(request, "practices/locations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@within(Right.MANAGE)
def new(request: HttpRequest, access: Access) -> HttpResponse:
    """Add a location."""
    return _edit(request, access, None)


@require_http_methods(["GET", "HEAD", "POST"])
@within(Right.MANAGE)
def change(request: HttpRequest, access: Access, location: int) -> HttpResponse:
    """Change a location."""
    return _edit(request, access, _location(access, location))


def _edit(request: HttpRequest, access: Access, location: Location | None) -> HttpResponse:
    form = LocationForm(access.practice, sent(request), location=location)
    if request.method == "POST" and form.is_valid() and _saved(access, form, location):
        messages.success(request, f"The location “{form.cleaned_data['name']}” is saved.")
        return redirect("locations", access.practice.slug)
    context = {"access": access, "form": form, "location": location}
    return render(request, "practices/location.html", context, status=400 if form.errors else 200)


def _saved(access: Access, form: LocationForm, location: Location | None) -> bool:
    """Save a location. Return whether it could be; if not, the form says why."""
    names = ("name", "brand", "address", "phone", "fax", "email")
    given = {name: form.cleaned_data[name] for name in names}
    try:
        if location is None:
            add_location(access.practice, access.user, **given)
        else:
            change_location(access.practice, access.user, location.pk, **given)
    except Location.DoesNotExist:
        raise Http404 from None
    except Brand.DoesNotExist:
        form.add_error("brand", "Somebody deleted this brand. Choose another one.")
    except NameTaken as refused:
        form.add_error("name", str(refused))
    except TooManyLocations as refused:
        form.add_error(None, str(refused))
    return not form.errors


@require_http_methods(["GET", "HEAD", "POST"])
@within(Right.MANAGE)
def close(request: HttpRequest, access: Access, location: int) -> HttpResponse:
    """Close a location, after saying what that does, or change the day on which it closed."""
    found = _location(access, location)
    today = access.practice.today()
    first = {"closed_on": (found.closed_on or today).isoformat()}
    form = ClosingForm(sent(request), today=today, initial=first)
    if request.method == "POST" and form.is_valid() and _closed(access, form, found):
        messages.success(request, f"The location “{found}” is closed.")
        return redirect("locations", access.practice.slug)
    context = {"access": access, "form": form, "location": found, "keepers": keepers_of(found)}
    status = 400 if form.errors else 200
    return render(request, "practices/location_close.html", context, status=status)


def _closed(access: Access, form: ClosingForm, location: Location) -> bool:
    """Close a location. Return whether it could be; if not, the form says why."""
    on = form.cleaned_data["closed_on"]
    try:
        close_location(access.practice, access.user, location.pk, on=on)
    except Location.DoesNotExist:
        raise Http404 from None
    except NotThatDay as refused:  # the practice moved to another time zone meanwhile
        form.add_error("closed_on", str(refused))
    return not form.errors


@require_http_methods(["POST"])
@within(Right.MANAGE)
def reopen(request: HttpRequest, access: Access, location: int) -> HttpResponse:
    """Let a location be open again."""
    found = _location(access, location)
    try:
        reopen_location(access.practice, access.user, found.pk)
    except Location.DoesNotExist:
        raise Http404 from None
    messages.success(request, f"The location “{found}” is open again.")
    return redirect("locations", access.practice.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@within(Right.MANAGE)
def delete(request: HttpRequest, access: Access, location: int) -> HttpResponse:
    """Delete a location, after asking, unless a policy is for it."""
    found = _location(access, location)
    is_refused = False
    if request.method == "POST":
        try:
            delete_location(access.practice, access.user, found.pk)
        except ProtectedError:
            is_refused = True
        else:
            messages.success(request, f"The location “{found}” is deleted.")
            return redirect("locations", access.practice.slug)
    context = {
        "access": access,
        "location": found,
        "is_refused": is_refused,
        "keepers": keepers_of(found),
    }
    status = 409 if is_refused else 200
    return render(request, "practices/location_delete.html", context, status=status)


def _location(access: Access, location: int) -> Location:
    found = Location.objects.filter(practice=access.practice, pk=location).first()
    if found is None:
        raise Http404
    return found
