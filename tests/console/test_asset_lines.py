"""What an asset is, in lines: nothing is said twice."""

from types import SimpleNamespace

from cmdb_api.views.console import asset_lines

GIB = 2**30


def memory(site, *modules):
    with site.app.test_request_context():
        told = dict(asset_lines.of({"memory": SimpleNamespace(items=list(modules))}))
        return told["Memory"].striptags()


def test_one_module_of_which_no_more_is_known_is_said_once(site):
    assert memory(site, {"slot": "all", "size_bytes": 24 * GIB}) == "24 GiB"


def test_modules_are_counted_by_size_and_type(site):
    module = {"size_bytes": 32 * GIB, "type": "DDR4"}
    assert memory(site, module) == "32 GiB · 32 GiB DDR4"
    told = memory(site, module, module, {"size_bytes": 16 * GIB})
    assert told == "80 GiB · 2 \N{MULTIPLICATION SIGN} 32 GiB DDR4, 16 GiB"
