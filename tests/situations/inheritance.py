"""Inheritance: several tables, proxies, abstract bases; keys of the project's own class."""

from __future__ import annotations

from django.core.exceptions import ObjectDoesNotExist

from tests.shop.models import Company, Contract, Invoice, LoyalCustomer, Party, Payment
from tests.situations.situation import n_plus_one, situation


@situation(n_plus_one(6, "shop.Party.company"), fix='select_related("company")')
def a_child_from_its_parent():
    numbers = []
    for party in Party.objects.all():
        try:
            numbers.append(party.company.number)
        except ObjectDoesNotExist:
            numbers.append(None)
    return numbers


@situation()
def a_parent_from_its_child():
    return [company.party_ptr.name for company in Company.objects.all()]


@situation(
    n_plus_one(6, "shop.Contract.party"),
    n_plus_one(6, "shop.Party.company"),
    fix='select_related("party__company")',
)
def a_child_of_a_related_parent():
    return [hasattr(contract.party, "company") for contract in Contract.objects.all()]


@situation(
    n_plus_one(3, "shop.Contract.company"),
    n_plus_one(3, "shop.Company.seat"),
    fix='select_related("company__seat")',
)
def a_key_of_a_related_child():
    names = []
    for contract in Contract.objects.exclude(company=None):
        names.append(contract.company.seat.name)
    return names


@situation(n_plus_one(3, "shop.Party.contracts"), fix='prefetch_related("contracts")')
def a_relation_to_the_parent_from_its_child():
    return [len(company.contracts.all()) for company in Company.objects.all()]


@situation(n_plus_one(3, "shop.Company.own_contracts"), fix='prefetch_related("own_contracts")')
def a_relation_to_the_child():
    return [len(company.own_contracts.all()) for company in Company.objects.all()]


@situation(n_plus_one(3, "shop.Party.note"), fix="defer(None)")
def a_deferred_column_of_the_parent():
    return [company.note for company in Company.objects.defer("note")]


@situation(n_plus_one(6, "shop.Customer.orders"), fix='prefetch_related("orders")')
def a_relation_of_a_proxy():
    return [len(customer.orders.all()) for customer in LoyalCustomer.objects.all()]


@situation(n_plus_one(6, "shop.Customer.name"), fix='only("id", "name")')
def a_deferred_column_of_a_proxy():
    return [customer.name for customer in LoyalCustomer.objects.only("id")]


@situation(n_plus_one(4, "shop.Invoice.author"), fix='select_related("author")')
def a_key_of_an_abstract_base():
    return [invoice.author.name for invoice in Invoice.objects.all()]


@situation(
    n_plus_one(6, "shop.Customer.invoices_written"), fix='prefetch_related("invoices_written")'
)
def a_relation_to_an_abstract_base_of_a_model_whose_manager_filters():
    return [len(customer.invoices_written.all()) for customer in LoyalCustomer.objects.all()]


@situation(n_plus_one(4, "shop.Invoice.issuer"), fix='select_related("issuer")')
def a_key_of_the_projects_own_class():
    return [invoice.issuer.name for invoice in Invoice.objects.all()]


@situation(n_plus_one(4, "shop.Payment.invoice"), fix='select_related("invoice")')
def a_key_to_another_column():
    return [payment.invoice.year for payment in Payment.objects.all()]


@situation(n_plus_one(4, "shop.Invoice.payment_set"), fix='prefetch_related("payment_set")')
def a_relation_to_another_column():
    return [len(invoice.payment_set.all()) for invoice in Invoice.objects.all()]
