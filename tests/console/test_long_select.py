"""A choice of hundreds is written as Django writes one."""

import pytest
from django import forms
from django.test.html import parse_html

from postwarden.console.forms import LongSelect

CHOICES = [("", "as the provider's"), ("Europe/Amsterdam", "<Amsterdam> & more"), ("3", '"3"')]


@pytest.mark.parametrize("value", [None, "", "Europe/Amsterdam", "3", "elsewhere"])
@pytest.mark.parametrize("attrs", [{}, {"required": True, "id": "id_zone", "class": 'a"b'}])
def test_it_is_what_django_writes(value, attrs):
    ours, theirs = LongSelect(choices=CHOICES), forms.Select(choices=CHOICES)
    written = ours.render("zone", value, attrs)
    assert parse_html(written) == parse_html(theirs.render("zone", value, attrs))
    assert written.count(" selected") == (value in dict(CHOICES) or value is None)


def test_no_choice_says_more_than_it_says():
    written = LongSelect(choices=CHOICES).render("zone", "3")
    assert "&lt;Amsterdam&gt; &amp; more" in written
    assert "<Amsterdam>" not in written
