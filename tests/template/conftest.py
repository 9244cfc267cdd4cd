from __future__ import annotations

import pytest

from tests.template.reader import Template, load_template, translate


@pytest.fixture(scope="session")
def template() -> Template:
    return load_template()


@pytest.fixture(scope="session")
def translated(template: Template) -> Template:
    return translate(template)
