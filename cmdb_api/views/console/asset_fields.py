"""Fields of the form of an asset: names that are picked or typed, several names, facts."""

from flask_babel import gettext as _
from markupsafe import Markup
from wtforms import Field, StringField, ValidationError
from wtforms.widgets import html_params

# With more names than these one types, and the browser completes.
MOST_IN_LIST = 40
# Empty rows below those that are filled.
SPARE = 2


class _PickWidget:
    """A list to choose from where there are few, else a text with suggestions."""

    def __call__(self, field, **more):
        if len(field.names) > MOST_IN_LIST or field.typed:
            return suggested(field, field.data or "", id=field.id, **more) + options(field)
        more["class"] = more.get("class", "").replace("form-control", "form-select")
        names = list(dict.fromkeys(["", *field.names, field.data or ""]))
        rows = [_option(name, selected=name == (field.data or "")) for name in names]
        params = html_params(id=field.id, name=field.name, **more)
        return Markup("<select {}>{}</select>").format(Markup(params), Markup("").join(rows))


class Picked(StringField):
    """The name of something that is there."""

    widget = _PickWidget()
    names = ()
    # Whether it is typed however few there are.
    typed = False


class _SeveralWidget:
    """A text for each name, and some for more; the browser suggests those that are there."""

    def __call__(self, field, **more):
        rows = [*(field.data or ()), *[""] * SPARE]
        # The first has the label, those after it are named by it.
        told = [{"id": field.id}, *[{"aria-label": field.label.text}] * (len(rows) - 1)]
        each = zip(rows, told, strict=True)
        inputs = Markup("").join(suggested(field, name, **more, **own) for name, own in each)
        return Markup('<div class="several">{}</div>').format(inputs) + options(field)


class Several(Field):
    """Several names: whatever a name has in it parts none."""

    widget = _SeveralWidget()
    names = ()

    def process_formdata(self, valuelist):
        if valuelist:
            self.data = [text for each in valuelist if (text := each.strip())]


class Facts(dict):
    """{fact: value as people write it}."""

    def __str__(self):
        return "; ".join(f"{name}: {value}" for name, value in self.items())


# A fact that is expected, as empty fields show it.
EXAMPLE = ("memory.total_bytes", "64GiB")


class _FactsWidget:
    """Rows of a fact's name and its value."""

    def __call__(self, field, **more):
        rows = [*(field.data or {}).items(), *field.odd, *[("", "")] * SPARE]
        names = [{"id": field.id}, *[{"aria-label": _("Fact")}] * (len(rows) - 1)]
        found = Markup("").join(
            Markup('<div class="pair">{} {}</div>').format(
                suggested(
                    field, name, f"{field.name}-name", placeholder=EXAMPLE[0], **more, **told
                ),
                _input(
                    f"{field.name}-value",
                    value,
                    **{"aria-label": _("Value"), "placeholder": EXAMPLE[1]},
                    **more,
                ),
            )
            for (name, value), told in zip(rows, names, strict=True)
        )
        return Markup('<div class="several pairs">{}</div>').format(found) + options(field)


class FactsField(Field):
    """What is expected: facts and their values."""

    widget = _FactsWidget()
    names = ()
    odd = ()

    def process(self, formdata, data=None, **more):
        super().process(formdata, Facts(data or {}), **more)
        names, values = (
            formdata.getlist(f"{self.name}-{part}") if formdata else ()
            for part in ("name", "value")
        )
        if names and len(names) == len(values):
            rows = [(n.strip(), v.strip()) for n, v in zip(names, values, strict=True)]
            self.data = Facts({name: value for name, value in rows if name})
            self.odd = [row for row in rows if row[1] and not row[0]]

    def process_formdata(self, valuelist):
        """Leave it: it is read from two lists of fields."""

    def pre_validate(self, form):
        """Refuse a value of no fact."""
        if self.odd:
            raise ValidationError(_("Say which fact this value is of."))


def options(field):
    """Return what the browser suggests in a field."""
    rows = Markup("").join(_option(name) for name in field.names)
    return Markup('<datalist id="{}-names">{}</datalist>').format(field.id, rows)


def suggested(field, value, name=None, **more):
    """Return a text with the suggestions of a field."""
    return _input(name or field.name, value, list=f"{field.id}-names", **more)


def _input(name, value, **more):
    params = html_params(type="text", name=name, value=value, autocomplete="off", **more)
    return Markup("<input {}>").format(Markup(params))


def _option(name, selected=False):
    chosen = Markup(" selected") if selected else ""
    return Markup('<option value="{}"{}>{}</option>').format(name, chosen, name)
