"""Rows of the rarer kinds: through models, inheritance, a tree, and more than a hundred of one."""

from __future__ import annotations

from tests.shop.models import (
    Company,
    Contract,
    Customer,
    Folder,
    Invoice,
    Order,
    Party,
    Payment,
    Product,
    Remark,
    Supplier,
    Supply,
    Visit,
)


def fill_further() -> None:
    """Beside what ``conftest.fill`` made; needs its customers, orders and products."""
    products = list(Product.objects.order_by("pk"))
    suppliers = Supplier.objects.bulk_create([Supplier(name=f"supplier {n}") for n in range(3)])
    Supply.objects.bulk_create(
        [Supply(supplier=each, product=product) for each in suppliers for product in products[:2]]
    )
    orders = list(Order.objects.order_by("pk"))
    customers = list(Customer.objects.order_by("pk"))
    Invoice.objects.bulk_create(
        [
            Invoice(
                number=100 + n, order=order, author=customers[n], issuer=customers[0], void=n == 0
            )
            for n, order in enumerate(orders)
        ]
    )
    Payment.objects.bulk_create([Payment(invoice_id=101 + n % 3) for n in range(4)])
    _fill_folders()
    Visit.objects.bulk_create([Visit(customer=customers[n % 4]) for n in range(120)])


def _fill_folders() -> None:
    """A root with two folders of two each, one chained to the next; companies and persons."""
    root = Folder.objects.create(name="root")
    parents = [root, root]
    chain = root
    for number in range(6):
        chain.next = Folder.objects.create(name=f"folder {number}", parent=parents.pop(0))
        chain.save(update_fields=["next"])
        chain = chain.next
        parents += [chain, chain]
    folders = list(Folder.objects.order_by("pk"))
    for thing in (*folders[:3], *Product.objects.order_by("pk")[:2]):
        Remark.objects.create(about=thing, text=f"on {thing.name}")
    for number in range(3):
        company = Company.objects.create(
            name=f"company {number}", number=number, seat=folders[number]
        )
        Contract.objects.create(party_id=company.pk, company=company)
        Contract.objects.create(party=Party.objects.create(name=f"person {number}"))
