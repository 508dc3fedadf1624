"""What a serializer asks of the database to validate its input, and to offer choices."""

from __future__ import annotations

import json

from tests.rendered.site import Found
from tests.shop.models import Tag

POST = {"content_type": "application/json"}


def test_keys_of_a_to_many_field_are_validated_one_by_one(site):
    site.write(
        """
        class ProductSerializer(serializers.ModelSerializer):
            tags = serializers.PrimaryKeyRelatedField(many=True, queryset=Tag.objects.all())

            class Meta:
                model = Product
                fields = ["tags"]

        class Check(APIView):
            def post(self, request):
                serializer = ProductSerializer(data=request.data)
                return Response(serializer.is_valid())

        urlpatterns = [path("", Check.as_view())]
        """
    )
    Tag.objects.create(name="third")
    keys = [tag.pk for tag in Tag.objects.all()]
    assert site.found(post=json.dumps({"tags": keys}), **POST) == [
        Found(
            None,
            3,
            at="tags = serializers.PrimaryKeyRelatedField(many=True, queryset=Tag.objects.all())",
            field="ProductSerializer.tags",
            fix="",
        )
    ]
    assert "ProductSerializer.tags asks once for each row" in (site.finding().fix.explain)


def test_unique_names_of_a_list_are_validated_one_by_one(site, shelves):
    site.write(
        """
        class ShelfSerializer(serializers.ModelSerializer):
            class Meta:
                model = Shelf
                fields = ["name"]

        class Check(APIView):
            def post(self, request):
                serializer = ShelfSerializer(data=request.data, many=True)
                return Response(serializer.is_valid())

        urlpatterns = [path("", Check.as_view())]
        """
    )
    names = [{"name": f"new {n}"} for n in range(3)]
    assert site.found(post=json.dumps(names), **POST) == [
        Found(None, 3, at='"name"', field="ShelfSerializer.name", fix="")
    ]


def test_unique_name_of_a_nested_list(site, shelves):
    site.write(
        """
        class ShelfSerializer(serializers.Serializer):
            name = serializers.CharField(
                validators=[UniqueValidator(queryset=Shelf.objects.all())]
            )

        class RoomSerializer(serializers.Serializer):
            shelves = ShelfSerializer(many=True)

        class Check(APIView):
            def post(self, request):
                return Response(RoomSerializer(data=request.data).is_valid())

        urlpatterns = [path("", Check.as_view())]
        """
    )
    names = [{"name": f"new {n}"} for n in range(3)]
    (found,) = site.found(post=json.dumps({"shelves": names}), **POST)
    assert (found.count, found.field, found.fix) == (3, "RoomSerializer.shelves.name", "")


def test_choices_that_the_browsers_form_offers(site, shelves):
    site.write(
        """
        class BoxSerializer(serializers.ModelSerializer):
            shelf = serializers.PrimaryKeyRelatedField(queryset=Shelf.objects.filter(pk__gt=0))

            class Meta:
                model = Box
                fields = ["name", "shelf"]

        class Boxes(generics.ListCreateAPIView):
            queryset = Box.objects.all()
            serializer_class = BoxSerializer

        urlpatterns = [path("", Boxes.as_view())]
        """
    )
    assert site.found(headers={"accept": "text/html"}) == [
        Found(
            "rendered.Shelf.room",
            3,
            at="self.room",
            field="BoxSerializer.shelf",
            path="room",
            fix='select_related("room")',
            where="Shelf.objects.filter(pk__gt=0)",
        )
    ]
    assert site.mend() == []


def test_choices_of_a_field_that_django_rest_framework_made(site, shelves):
    site.write(
        """
        class BoxSerializer(serializers.ModelSerializer):
            class Meta:
                model = Box
                fields = ["shelf", "shelves"]

        class Boxes(generics.ListCreateAPIView):
            queryset = Box.objects.prefetch_related("shelves")
            serializer_class = BoxSerializer

        urlpatterns = [path("", Boxes.as_view())]
        """
    )
    found = site.found(headers={"accept": "text/html"})
    assert [(each.field, each.at, each.fix, each.where) for each in found if each.relation] == [
        (f"BoxSerializer.{name}", "self.room", 'select_related("room")', None)
        for name in ("shelf", "shelves")
    ]
