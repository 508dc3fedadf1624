"""Queries out of forms: what a field offers to choose from, and rows behind a formset."""

from __future__ import annotations

import pytest

from tests.rendered.models import Shelf
from tests.rendered.site import Found
from tests.shop.models import Order, Tag

PAGE = {"templates/form.html": "{{ form }}"}
VIEW = """
    def box(request):
        return render(request, "form.html", {"form": BoxForm()})

    urlpatterns = [path("", box)]
"""

INIT = """\
def __init__(self, *args, **kwargs):
    super().__init__(*args, **kwargs)
    self.fields["shelf"].queryset = self.fields["shelf"].queryset.select_related("room")"""


def room(field, fix='select_related("room")', where=None):
    return Found(
        "rendered.Shelf.room", 3, at="self.room", field=field, path="room", fix=fix, where=where
    )


#: name → (source of the form, code to type, text of the place).
FORMS = {
    "field with a queryset": (
        """
        class BoxForm(forms.Form):
            shelf = forms.ModelChoiceField(queryset=Shelf.objects.filter(pk__gt=0))
        """,
        'select_related("room")',
        "Shelf.objects.filter(pk__gt=0)",
    ),
    "field with a queryset in the first place": (
        """
        class BoxForm(forms.Form):
            shelf = forms.ModelMultipleChoiceField(Shelf.objects.all())
        """,
        'select_related("room")',
        "Shelf.objects.all()",
    ),
    "queryset set when the form is made": (
        """
        class BoxForm(forms.Form):
            shelf = forms.ModelChoiceField(queryset=Shelf.objects.none())

            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.fields["shelf"].queryset = Shelf.objects.filter(pk__gt=0)
        """,
        'select_related("room")',
        "Shelf.objects.filter(pk__gt=0)",
    ),
    "field that Django made for a model": (
        """
        class BoxForm(forms.ModelForm):
            class Meta:
                model = Box
                fields = ["shelf"]
        """,
        INIT,
        "class BoxForm(forms.ModelForm):",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_choices_whose_names_load_a_relation(site, shelves, name):
    source, fix, where = FORMS[name]
    site.write(source, VIEW, files=PAGE)
    assert site.found() == [room("BoxForm.shelf", fix, where)]
    assert site.mend() == []


def test_choices_of_two_fields_get_one_code(site, shelves):
    site.write(
        """
        class BoxForm(forms.ModelForm):
            class Meta:
                model = Box
                fields = ["shelf", "shelves"]
        """,
        VIEW,
        files=PAGE,
    )
    one, two, asked_twice = site.found()
    assert (one.field, two.field) == ("BoxForm.shelf", "BoxForm.shelves")
    assert one.fix == two.fix
    assert asked_twice.kind == "duplicate"
    assert [each.field_path for each in site.finding("duplicate").walk()] == [
        "BoxForm.shelf",
        "BoxForm.shelves",
    ]


def test_form_with_an_init_of_its_own_gets_no_second_one(site, shelves):
    site.write(
        """
        class BoxForm(forms.ModelForm):
            class Meta:
                model = Box
                fields = ["shelf"]

            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
        """,
        VIEW,
        files=PAGE,
    )
    assert site.found() == [room("BoxForm.shelf")]
    assert "the queryset behind BoxForm.shelf" in site.finding().fix.explain


def test_queryset_that_a_view_sets_is_not_the_one_that_the_form_declares(site, shelves):
    site.write(
        """
        class BoxForm(forms.Form):
            shelf = forms.ModelChoiceField(queryset=Shelf.objects.none())

        def box(request):
            form = BoxForm()
            form.fields["shelf"].queryset = Shelf.objects.all()
            return render(request, "form.html", {"form": form})

        urlpatterns = [path("", box)]
        """,
        files=PAGE,
    )
    assert site.found() == [room("BoxForm.shelf")]


def test_choices_of_a_form_that_is_given_to_the_browser_field_by_field(site, shelves):
    site.write(
        """
        class BoxForm(forms.Form):
            shelf = forms.ModelChoiceField(queryset=Shelf.objects.all())
        """,
        VIEW,
        files={
            "templates/form.html": """
                {% for field in form %}
                {{ field.label_tag }}
                {{ field }}
                {% endfor %}
            """
        },
    )
    assert site.found() == [room("BoxForm.shelf", where="Shelf.objects.all()")]
    assert site.mend() == []


FORMSET = """
    OrderFormSet = forms.modelformset_factory(Order, fields=["note"], extra=0)

    def orders(request):
        formset = OrderFormSet(queryset=Order.objects.order_by("pk"))
        return render(request, "forms.html", {"formset": formset})

    urlpatterns = [path("", orders)]
"""


def test_rows_behind_a_formset(site):
    site.write(
        FORMSET,
        files={
            "templates/forms.html": """
                {{ formset.management_form }}
                {% for form in formset %}
                {{ form.instance.customer.name }}
                {{ form }}
                {% endfor %}
            """
        },
    )
    (found,) = site.found()
    assert found == Found(
        "shop.Order.customer",
        5,
        at="{{ form.instance.customer.name }}",
        field="{{ form.instance.customer.name }}",
        path="customer",
        fix='select_related("customer")',
        where='Order.objects.order_by("pk")',
    )
    assert site.mend() == []


def test_choices_that_each_form_of_a_formset_asks_for(site):
    site.write(
        FORMSET.replace('["note"]', '["customer"]'),
        files={"templates/forms.html": "{% for form in formset %}{{ form }}{% endfor %}"},
    )
    (found,) = site.found()
    assert (found.kind, found.field) == ("duplicate", "OrderForm.customer")
    assert site.finding("duplicate").group.count == 5


def test_keys_of_a_list_that_a_form_validates_together_are_no_finding(site):
    site.write(
        """
        class TagsForm(forms.Form):
            tags = forms.ModelMultipleChoiceField(queryset=Tag.objects.all())

        def tags(request):
            return HttpResponse(str(TagsForm(request.POST).is_valid()))

        urlpatterns = [path("", tags)]
        """
    )
    keys = [tag.pk for tag in Tag.objects.all()]
    assert site.found(post={"tags": keys}) == []


def test_keys_that_the_forms_of_a_formset_validate_one_by_one(site):
    site.write(
        """
        class ItemForm(forms.Form):
            order = forms.ModelChoiceField(queryset=Order.objects.all())

        ItemFormSet = forms.formset_factory(ItemForm)

        def items(request):
            return HttpResponse(str(ItemFormSet(request.POST).is_valid()))

        urlpatterns = [path("", items)]
        """
    )
    sent = {f"form-{n}-order": order.pk for n, order in enumerate(Order.objects.all())}
    total = {"form-TOTAL_FORMS": len(sent), "form-INITIAL_FORMS": 0}
    assert site.found(post={**sent, **total}) == [
        Found(
            None,
            5,
            at="order = forms.ModelChoiceField(queryset=Order.objects.all())",
            field="ItemForm.order",
            fix="",
        )
    ]


def test_unique_field_is_asked_for_once_a_form(site, shelves):
    site.write(
        """
        class ShelfForm(forms.ModelForm):
            class Meta:
                model = Shelf
                fields = ["name"]

        def shelf(request):
            return HttpResponse(str(ShelfForm(request.POST).is_valid()))

        urlpatterns = [path("", shelf)]
        """
    )
    assert Shelf.objects.count() == 3
    assert site.found(post={"name": "another"}) == []
