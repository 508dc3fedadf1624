"""Generic foreign keys, and relations through them."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType

from tests.shop.models import Comment, Folder, Remark
from tests.situations.situation import n_plus_one, situation


@situation(n_plus_one(3, "shop.Comment.about"), fix='prefetch_related("about")')
def generic_key():
    ContentType.objects.clear_cache()
    return [comment.about.name for comment in Comment.objects.all()]


@situation(
    n_plus_one(3, "shop.Remark.about"),
    n_plus_one(2, "shop.Remark.about"),
    fix='prefetch_related("about")',
)
def generic_key_to_two_models():
    names = []
    for remark in Remark.objects.all():
        names.append(remark.about.name)
    return names


@situation(
    n_plus_one(3, "shop.Comment.about"),
    n_plus_one(3, "shop.Product.category"),
    fix='prefetch_related(GenericPrefetch("about", [Product.objects.select_related("category")]))',
)
def a_relation_behind_a_generic_key():
    return [comment.about.category.name for comment in Comment.objects.all()]


@situation(
    n_plus_one(3, "shop.Product.category"),
)
def a_relation_behind_a_prefetched_generic_key():
    names = []
    for comment in Comment.objects.prefetch_related("about"):
        names.append(comment.about.category.name)
    return names


@situation(
    n_plus_one(3, "shop.Remark.about"),
    n_plus_one(2, "shop.Remark.about"),
    n_plus_one(3, "shop.Folder.children"),
    n_plus_one(2, "shop.Product.category"),
    fix='prefetch_related(GenericPrefetch("about", '
    '[Folder.objects.prefetch_related("children"), Product.objects.select_related("category")]))',
)
def relations_of_two_models_behind_a_generic_key():
    found = []
    for remark in Remark.objects.all():
        if isinstance(remark.about, Folder):
            found.append(len(remark.about.children.all()))
        else:
            found.append(remark.about.category.name)
    return found


@situation(n_plus_one(7, "shop.Folder.remarks"), fix='prefetch_related("remarks")')
def generic_relation():
    return [[each.text for each in folder.remarks.all()] for folder in Folder.objects.all()]


@situation(
    n_plus_one(7, "shop.Folder.remarks"),
    fix='annotate(remarks_count=Count("remarks", distinct=True))',
    operations="count",
    rewrite={"folder.remarks.count()": "folder.remarks_count"},
)
def count_on_a_generic_relation():
    return [folder.remarks.count() for folder in Folder.objects.all()]
