"""Six models with relations of every kind between them, for walks at random."""

from __future__ import annotations

from random import Random

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models


class Region(models.Model):
    name = models.CharField(max_length=50)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="parts")

    class Meta:
        ordering = ("pk",)


class Author(models.Model):
    name = models.CharField(max_length=50)
    region = models.ForeignKey(Region, models.CASCADE, null=True, related_name="authors")
    mentor = models.OneToOneField("self", models.CASCADE, null=True, related_name="pupil")
    notes = GenericRelation("Note")

    class Meta:
        ordering = ("pk",)


class Topic(models.Model):
    name = models.CharField(max_length=50)
    region = models.ForeignKey(Region, models.CASCADE, null=True)
    near = models.ManyToManyField("self")

    class Meta:
        ordering = ("pk",)


class Book(models.Model):
    name = models.CharField(max_length=50)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    editor = models.ForeignKey(Author, models.CASCADE, null=True, related_name="edited")
    topics = models.ManyToManyField(Topic, related_name="books")
    sequel_of = models.OneToOneField("self", models.CASCADE, null=True, related_name="sequel")
    notes = GenericRelation("Note")

    class Meta:
        ordering = ("pk",)


class Profile(models.Model):
    name = models.CharField(max_length=50)
    author = models.OneToOneField(Author, models.CASCADE, related_name="profile")
    favourite = models.ForeignKey(Book, models.CASCADE, null=True, related_query_name="fan")

    class Meta:
        ordering = ("pk",)


class Note(models.Model):
    name = models.CharField(max_length=50)
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    about = GenericForeignKey("content_type", "object_id")
    writer = models.ForeignKey(Author, models.CASCADE, related_name="written")

    class Meta:
        ordering = ("pk",)


#: Of each model its relations: accessor, what it leads to (a model, several for a generic key),
#: and whether to many.
RELATIONS: dict[type[models.Model], list[tuple[str, tuple[type[models.Model], ...], bool]]] = {
    Region: [
        ("parent", (Region,), False),
        ("parts", (Region,), True),
        ("authors", (Author,), True),
        ("topic_set", (Topic,), True),
    ],
    Author: [
        ("region", (Region,), False),
        ("mentor", (Author,), False),
        ("pupil", (Author,), False),
        ("profile", (Profile,), False),
        ("books", (Book,), True),
        ("edited", (Book,), True),
        ("written", (Note,), True),
        ("notes", (Note,), True),
    ],
    Topic: [
        ("region", (Region,), False),
        ("near", (Topic,), True),
        ("books", (Book,), True),
    ],
    Book: [
        ("author", (Author,), False),
        ("editor", (Author,), False),
        ("sequel_of", (Book,), False),
        ("sequel", (Book,), False),
        ("topics", (Topic,), True),
        ("profile_set", (Profile,), True),
        ("notes", (Note,), True),
    ],
    Profile: [
        ("author", (Author,), False),
        ("favourite", (Book,), False),
    ],
    Note: [
        ("writer", (Author,), False),
        ("about", (Author, Book), False),
    ],
}


def fill_graph(seed: int = 7) -> None:
    """A few rows of each model; most relations are there, some lead nowhere."""
    random = Random(seed)
    regions = [Region.objects.create(name=f"region {n}") for n in range(4)]
    for region in regions[1:]:
        region.parent = random.choice(regions[: regions.index(region)])
        region.save()
    authors = [
        Author.objects.create(name=f"author {n}", region=random.choice([None, *regions]))
        for n in range(5)
    ]
    for author, mentor in zip(authors[1:4], random.sample(authors, 3)):
        author.mentor = mentor
        author.save()
    topics = [
        Topic.objects.create(name=f"topic {n}", region=random.choice(regions)) for n in range(4)
    ]
    for topic in topics:
        topic.near.add(*random.sample(topics, 1))
    books = []
    for number in range(8):
        book = Book.objects.create(
            name=f"book {number}",
            author=random.choice(authors),
            editor=random.choice([None, *authors]),
            sequel_of=books[-1] if books and number % 3 else None,
        )
        book.topics.set(random.sample(topics, random.randint(0, 2)))
        books.append(book)
    for author in authors[:4]:
        Profile.objects.create(
            name=f"of {author.name}", author=author, favourite=random.choice([None, *books])
        )
    for number in range(10):
        Note.objects.create(
            name=f"note {number}",
            about=random.choice([*authors, *books]),
            writer=random.choice(authors),
        )
