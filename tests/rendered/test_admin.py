"""Queries out of Django's admin: the column or field, and what to type on its class."""

from __future__ import annotations

import django
import pytest

from tests.rendered.models import Box
from tests.rendered.site import Found
from tests.shop.models import Order

ORDERS = "/admin/shop/order/"
CLASS = "class OrderAdmin(admin.ModelAdmin):"
#: Django's list counts twice; a site that does not want that says so.
ONCE = "show_full_result_count = False"


def write(site, source):
    site.write("site = admin.AdminSite()", source, 'urlpatterns = [path("admin/", site.urls)]')


def payer(at, column, **changed):
    return Found(
        "shop.Order.payer",
        5,
        at=at,
        field=f"OrderAdmin.{column}",
        path="payer",
        fix='list_select_related = ["payer"]',
        where=CLASS,
    )._replace(**changed)


@pytest.mark.skipif(django.VERSION >= (6, 1), reason="Django 6.1 joins the keys that it shows")
def test_column_of_a_nullable_key(site):
    write(
        site,
        f"""
        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            list_display = ["id", "payer"]
            {ONCE}
        """,
    )
    # Once it shows a key, Django joins all that are never null; a list of names replaces that.
    expected = payer('"payer"', "payer", fix='list_select_related = ["customer", "payer"]')
    assert site.found(ORDERS, user="ada") == [expected]
    assert site.mend() == []


def test_column_that_is_a_function(site):
    write(
        site,
        f"""
        def who_pays(order):
            return order.payer.name

        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            list_display = ["id", who_pays]
            {ONCE}
        """,
    )
    assert site.found(ORDERS, user="ada") == [payer("order.payer", "who_pays")]
    assert site.mend() == []


def test_column_that_is_a_method_of_the_admin(site):
    write(
        site,
        f"""
        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            list_display = ["id", "who_pays"]
            {ONCE}

            def who_pays(self, order):
                return order.payer.name
        """,
    )
    assert site.found(ORDERS, user="ada") == [payer("order.payer", "who_pays")]
    assert site.mend() == []


def test_columns_of_two_relations_get_one_code(site):
    write(
        site,
        f"""
        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            list_display = ["id", "who_pays", "who_buys", "size"]
            {ONCE}

            def who_pays(self, order):
                return order.payer.name

            def who_buys(self, order):
                return order.customer.name

            def size(self, order):
                return len(order.items.all())
        """,
    )
    found = site.found(ORDERS, user="ada")
    assert [(each.relation, each.where) for each in found] == [
        (f"shop.Order.{name}", CLASS) for name in ("customer", "items", "payer")
    ]
    assert len({each.fix for each in found}) == 1
    assert site.mend() == []


def test_column_beside_keys_that_are_joined_already(site):
    write(
        site,
        f"""
        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            list_display = ["id", "customer", "who_pays"]
            list_select_related = ["customer"]
            {ONCE}

            def who_pays(self, order):
                return order.payer.name
        """,
    )
    assert site.found(ORDERS, user="ada") == [
        payer("order.payer", "who_pays", fix='list_select_related = ["customer", "payer"]')
    ]
    assert site.mend() == []


def test_column_of_an_admin_with_get_queryset(site):
    write(
        site,
        f"""
        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            list_display = ["id", "customer", "who_pays"]
            {ONCE}

            def get_queryset(self, request):
                return super().get_queryset(request).filter(pk__gt=0)

            def who_pays(self, order):
                return order.payer.name
        """,
    )
    # Not in get_queryset(): Django would not join the column's customer any more.
    assert site.found(ORDERS, user="ada") == [
        payer("order.payer", "who_pays", fix='list_select_related = ["customer", "payer"]')
    ]
    assert site.mend() == []


def test_column_of_an_admin_whose_get_queryset_joins(site):
    write(
        site,
        f"""
        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            list_display = ["id", "customer", "who_pays"]
            {ONCE}

            def get_queryset(self, request):
                return super().get_queryset(request).select_related("customer")

            def who_pays(self, order):
                return order.payer.name
        """,
    )
    assert site.found(ORDERS, user="ada") == [
        payer(
            "order.payer",
            "who_pays",
            fix='select_related("payer")',
            where='super().get_queryset(request).select_related("customer")',
        )
    ]
    assert site.mend() == []


def test_column_of_a_to_many_relation(site):
    write(
        site,
        f"""
        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            list_display = ["id", "customer", "size"]
            {ONCE}

            def size(self, order):
                return len(order.items.all())
        """,
    )
    assert site.found(ORDERS, user="ada") == [
        Found(
            "shop.Order.items",
            5,
            at="len(order.items.all())",
            field="OrderAdmin.size",
            path="items",
            fix="def get_queryset(self, request):\n"
            '    return super().get_queryset(request).prefetch_related("items")',
            where=CLASS,
        )
    ]
    assert site.mend() == []


def test_code_of_several_lines_is_printed_line_by_line(site):
    write(
        site,
        f"""
        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            list_display = ["id", "size"]
            {ONCE}

            def size(self, order):
                return len(order.items.all())
        """,
    )
    site.found(ORDERS, user="ada")
    lines = str(site.report).splitlines()
    first = lines.index("      fix   def get_queryset(self, request):")
    assert lines[first + 1 : first + 3] == [
        '                return super().get_queryset(request).prefetch_related("items")',
        "            Set it on OrderAdmin: one query per relation instead of one per row.",
    ]


def test_column_of_an_admin_that_is_Djangos_own(site):  # noqa: N802
    write(site, "site.register(SpokenOrder)")
    by_row, counted = site.found("/admin/rendered/spokenorder/", user="ada")
    assert by_row == Found(
        "shop.Order.customer",
        5,
        at="self.customer",
        field="ModelAdmin.action_checkbox",
        path="customer",
        fix='list_select_related = ["customer"]',
    )
    assert "a ModelAdmin of SpokenOrder's own" in site.finding().fix.explain
    assert (counted.kind, counted.fix, counted.where) == ("duplicate", "", None)


def test_list_that_is_counted_twice(site):
    write(
        site,
        """
        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            list_display = ["id"]
        """,
    )
    assert site.found(ORDERS, user="ada") == [
        Found(None, 2, at=None, fix=ONCE, where=CLASS, kind="duplicate")
    ]
    assert site.mend() == []


def test_clean_list_with_its_session_and_user(site):
    write(
        site,
        f"""
        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            list_display = ["id", "customer"]
            {ONCE}
        """,
    )
    assert site.found(ORDERS, user="ada") == []


def change_page():
    return f"{ORDERS}{Order.objects.first().pk}/change/"


def test_rows_shown_inline(site):
    write(
        site,
        """
        class ItemInline(admin.TabularInline):
            model = SpokenItem
            extra = 0
            fields = ["quantity"]

        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            fields = ["note"]
            inlines = [ItemInline]
        """,
    )
    assert site.found(change_page(), user="ada") == [
        Found(
            "shop.OrderItem.product",
            3,
            at="self.product",
            field="ItemInline",
            path="product",
            fix="def get_queryset(self, request):\n"
            '    return super().get_queryset(request).select_related("product")',
            where="class ItemInline(admin.TabularInline):",
        )
    ]
    assert site.mend() == []


def test_read_only_field_of_rows_shown_inline(site):
    write(
        site,
        """
        class ItemInline(admin.StackedInline):
            model = OrderItem
            extra = 0
            fields = readonly_fields = ["category"]

            def get_queryset(self, request):
                return super().get_queryset(request).filter(pk__gt=0)

            def category(self, item):
                return item.product.category.name

        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            fields = ["note"]
            inlines = [ItemInline]
        """,
    )
    assert site.found(change_page(), user="ada") == [
        Found(
            "shop.OrderItem.product",
            3,
            at="item.product",
            field="ItemInline.category",
            path="product",
            fix='select_related("product__category")',
            where="super().get_queryset(request).filter(pk__gt=0)",
            levels=("shop.Product.category",),
        )
    ]
    assert site.mend() == []


def test_page_of_one_row_whose_admin_has_get_queryset(site):
    site.write(
        "site = admin.AdminSite()",
        """
        @admin.register(Customer, site=site)
        class CustomerAdmin(admin.ModelAdmin):
            fields = readonly_fields = ["bought"]

            def get_queryset(self, request):
                return super().get_queryset(request).filter(pk__gt=0)

            def bought(self, customer):
                return [item.product.name for item in customer.orders.get().items.all()]
        """,
        'urlpatterns = [path("admin/", site.urls)]',
    )
    page = f"/admin/shop/customer/{Order.objects.first().customer_id}/change/"
    assert site.found(page, user="ada") == [
        Found(
            "shop.OrderItem.product",
            3,
            at="item.product",
            field="CustomerAdmin.bought",
            path="product",
            fix='select_related("product")',
            where="customer.orders.get().items.all()",
        )
    ]
    assert site.mend() == []


BOX = """
    @admin.register(Box, site=site)
    class BoxAdmin(admin.ModelAdmin):
        fields = ["FIELD"]
"""


def shelf(kind, field):
    return Found(
        "rendered.Shelf.room",
        3,
        at="self.room",
        field=f"BoxAdmin.{field}",
        path="room",
        fix=f"def formfield_for_{kind}(self, db_field, request, **kwargs):\n"
        f"    field = super().formfield_for_{kind}(db_field, request, **kwargs)\n"
        f'    if db_field.name == "{field}":\n'
        '        field.queryset = field.queryset.select_related("room")\n'
        "    return field",
        where="class BoxAdmin(admin.ModelAdmin):",
    )


@pytest.mark.parametrize(("kind", "field"), [("foreignkey", "shelf"), ("manytomany", "shelves")])
def test_choices_of_a_key_whose_names_load_a_relation(site, shelves, kind, field):
    write(site, BOX.replace("FIELD", field))
    page = f"/admin/rendered/box/{Box.objects.get().pk}/change/"
    assert site.found(page, user="ada") == [shelf(kind, field)]
    assert site.mend() == []


def test_choices_of_a_column_that_can_be_edited(site, shelves):
    write(
        site,
        f"""
        @admin.register(Box, site=site)
        class BoxAdmin(admin.ModelAdmin):
            list_display = ["name", "shelf"]
            list_editable = ["shelf"]
            {ONCE}
        """,
    )
    assert site.found("/admin/rendered/box/", user="ada") == [shelf("foreignkey", "shelf")]
    assert site.mend() == []


def test_names_of_rows_that_are_to_be_deleted(site):
    write(
        site,
        f"""
        @admin.register(SpokenOrder, site=site)
        class OrderAdmin(admin.ModelAdmin):
            {ONCE}
        """,
    )
    chosen = [order.pk for order in Order.objects.all()]
    sent = {"action": "delete_selected", "_selected_action": chosen}
    assert site.found("/admin/rendered/spokenorder/", user="ada", post=sent) == [
        Found(
            "shop.Order.customer",
            5,
            at="self.customer",
            path="customer",
            fix='list_select_related = ["customer"]',
            where=CLASS,
        )
    ]
    assert site.mend() == []


def test_choices_of_a_key_shown_inline(site, shelves):
    write(
        site,
        """
        class BoxInline(admin.TabularInline):
            model = Box
            fk_name = "shelf"
            fields = ["shelves"]
            extra = 0

        @admin.register(Shelf, site=site)
        class ShelfAdmin(admin.ModelAdmin):
            fields = ["name"]
            inlines = [BoxInline]
        """,
    )
    page = f"/admin/rendered/shelf/{Box.objects.get().shelf_id}/change/"
    (found, *others) = site.found(page, user="ada")
    assert found[:5] == ("rendered.Shelf.room", 6, "self.room", "BoxInline.shelves", "room")
    assert found.where == "class BoxInline(admin.TabularInline):"
    assert [each.field for each in others] == ["BoxInline.shelves"]  # asked for by each form
    assert others[0].kind == "duplicate"


def test_choices_of_a_form_of_the_project(site, shelves):
    write(
        site,
        """
        class BoxForm(forms.ModelForm):
            class Meta:
                model = Box
                fields = ["shelf"]

        @admin.register(Box, site=site)
        class BoxAdmin(admin.ModelAdmin):
            form = BoxForm
        """,
    )
    page = f"/admin/rendered/box/{Box.objects.get().pk}/change/"
    (found,) = site.found(page, user="ada")
    assert found.field == "BoxForm.shelf"
    assert found.where == "class BoxForm(forms.ModelForm):"
    assert site.mend() == []


def test_looking_up_what_a_raw_id_stands_for(site):
    write(
        site,
        """
        class ItemInline(admin.TabularInline):
            model = OrderItem
            fields = raw_id_fields = ["product"]
            extra = 0

        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            fields = ["note"]
            inlines = [ItemInline]
        """,
    )
    assert site.found(change_page(), user="ada") == [
        Found(None, 3, at='"product"', field="ItemInline.product", fix="")
    ]
    assert "ItemInline.product asks once for each row" in site.finding().fix.explain


AUTOCOMPLETED = """
    @admin.register(Shelf, site=site)
    class ShelfAdmin(admin.ModelAdmin):
        search_fields = ["name"]

    @admin.register(Box, site=site)
    class BoxAdmin(admin.ModelAdmin):
        autocomplete_fields = ["shelf"]
"""


def test_names_offered_for_completion(site, shelves):
    write(site, AUTOCOMPLETED)
    page = "/admin/autocomplete/?app_label=rendered&model_name=box&field_name=shelf"
    assert site.found(page, user="ada") == [
        Found(
            "rendered.Shelf.room",
            3,
            at="self.room",
            field="ShelfAdmin",
            path="room",
            fix="def get_queryset(self, request):\n"
            '    return super().get_queryset(request).select_related("room")',
            where="class ShelfAdmin(admin.ModelAdmin):",
        )
    ]
    assert site.mend() == []


def test_looking_up_what_was_completed(site):
    write(
        site,
        """
        @admin.register(Product, site=site)
        class ProductAdmin(admin.ModelAdmin):
            search_fields = ["name"]

        class ItemInline(admin.TabularInline):
            model = OrderItem
            fields = autocomplete_fields = ["product"]
            extra = 0

        @admin.register(Order, site=site)
        class OrderAdmin(admin.ModelAdmin):
            fields = ["note"]
            inlines = [ItemInline]
        """,
    )
    assert site.found(change_page(), user="ada") == [
        Found(None, 3, at='"product"', field="ItemInline.product", fix="")
    ]


def test_filter_whose_choices_load_a_relation_is_not_mended_on_the_list(site, shelves):
    write(
        site,
        f"""
        @admin.register(Box, site=site)
        class BoxAdmin(admin.ModelAdmin):
            list_display = ["name"]
            list_filter = ["shelf"]
            {ONCE}
        """,
    )
    assert site.found("/admin/rendered/box/", user="ada") == [
        Found("rendered.Shelf.room", 3, at="self.room", path="room", fix='select_related("room")')
    ]
