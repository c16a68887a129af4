"""The pages of a practice's brands."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from policygen.practices.access import Access, within
from policygen.practices.brands import (
    BrandTaken,
    TooManyBrands,
    add_brand,
    delete_brand,
    is_used,
    rename_brand,
    with_counts,
)
from policygen.practices.forms import BrandForm, sent
from policygen.practices.models import Brand, Location
from policygen.practices.roles import Right


@require_http_methods(["GET", "HEAD"])
@within(Right.SEE)
def brands(request: HttpRequest, access: Access) -> HttpResponse:
    """List the brands of a practice."""
    found = with_counts(access.practice)
    context = {"access": access, "brands": list(found.order_by("sorted_as", "pk"))}
    return render(request, "practices/brands.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@within(Right.MANAGE)
def new(request: HttpRequest, access: Access) -> HttpResponse:
    """Add a brand."""
    return _edit(request, access, None)


@require_http_methods(["GET", "HEAD", "POST"])
@within(Right.MANAGE)
def change(request: HttpRequest, access: Access, brand: int) -> HttpResponse:
    """Rename a brand."""
    return _edit(request, access, _brand(access, brand))


def _edit(request: HttpRequest, access: Access, brand: Brand | None) -> HttpResponse:
    form = BrandForm(access.practice, sent(request), brand=brand)
    if request.method == "POST" and form.is_valid() and _saved(access, form, brand):
        messages.success(request, f"The brand “{form.cleaned_data['name']}” is saved.")
        return redirect("brands", access.practice.slug)
    context = {"access": access, "form": form, "brand": brand}
    return render(request, "practices/brand.html", context, status=400 if form.errors else 200)


def _saved(access: Access, form: BrandForm, brand: Brand | None) -> bool:
    """Save a brand. Return whether it could be; if not, the form says why."""
    name = form.cleaned_data["name"]
    try:
        if brand is None:
            add_brand(access.practice, access.user, name=name)
        else:
            rename_brand(access.practice, access.user, brand.pk, name=name)
    except Brand.DoesNotExist:
        raise Http404 from None
    except BrandTaken as refused:
        form.add_error("name", str(refused))
    except TooManyBrands as refused:
        form.add_error(None, str(refused))
    return not form.errors


@require_http_methods(["GET", "HEAD", "POST"])
@within(Right.MANAGE)
def delete(request: HttpRequest, access: Access, brand: int) -> HttpResponse:
    """Delete a brand, after asking, unless locations or groups use it."""
    found = _brand(access, brand)
    is_refused = False
    if request.method == "POST":
        try:
            delete_brand(access.practice, access.user, found.pk)
        except ProtectedError:
            is_refused = True
        else:
            messages.success(request, f"The brand “{found}” is deleted.")
            return redirect("brands", access.practice.slug)
    theirs = Location.objects.filter(practice=access.practice, brand=found)
    context = {
        "access": access,
        "brand": found,
        "is_refused": is_refused,
        "is_used": is_refused or is_used(found),
        "locations": theirs.count(),
        "closed": theirs.exclude(closed_on=None).count(),
    }
    return render(
        request, "practices/brand_delete.html", context, status=409 if is_refused else 200
    )


def _brand(access: Access, brand: int) -> Brand:
    found = Brand.objects.filter(practice=access.practice, pk=brand).first()
    if found is None:
        raise Http404
    return found
