"""Files of the small projects, as people write them."""

HELLO = 'def main():\n    print("Hello from shop")\n'
TEST = "from shop import main\n\n\ndef test_main():\n    main()\n"
UNITTEST = """\
import unittest

import shop


class Test(unittest.TestCase):
    def test_main(self):
        shop.main()
"""
DEV = '\n[dependency-groups]\ndev = ["pytest"]\n'
WSGI = """\
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello from shop"]
"""
DJANGO = """\
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

SECRET_KEY = "not one"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "shop.wsgi"
urlpatterns = [path("", lambda request: HttpResponse("Hello from shop"))]
"""
MANAGE = """\
import os
import sys

from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
execute_from_command_line(sys.argv)
"""
FACTORY = """\
from flask import Flask


def create_app():
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: app.send_static_file("hello.txt"))
    return app
"""
FASTAPI = """\
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

app = FastAPI()


@app.get("/", response_class=PlainTextResponse)
def hello():
    return "Hello from shop"
"""
COMMANDS = """\
import argparse


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("hello")
    commands.add_parser("bye")
    print("Bye from shop" if parser.parse_args().command == "bye" else "Hello from shop")
"""
C = """\
#include <Python.h>

static PyObject *hello(PyObject *self, PyObject *none) {
    return PyUnicode_FromString("Hello from shop");
}
static PyMethodDef methods[] = {{"hello", hello, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", "", -1, methods};
PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&module); }
"""
SETUP_C = """\
from setuptools import Extension, setup

setup(
    name="shop",
    version="1.0",
    packages=["shop"],
    ext_modules=[Extension("shop.fast", ["shop/fast.c"])],
    entry_points={"console_scripts": ["shop = shop:main"]},
)
"""
POETRY = """\
[tool.poetry]
name = "shop"
version = "1.2.3"
description = "A shop"
authors = ["Ada <ada@example.org>"]

[tool.poetry.dependencies]
python = "^3.11"
six = "^1.16"

[tool.poetry.group.dev.dependencies]
pytest = "*"

[tool.poetry.scripts]
shop = "shop:main"

[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
"""
OWN_MAKEFILE = """\
test:
\t@echo their own test

build: docs
\t@echo their own build

docs:
\t@echo their own docs

.PHONY: test build docs
"""
WORKFLOW = (
    "on: push\njobs:\n  own:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n"
)
WORKSPACE = (
    '[tool.uv.workspace]\nmembers = ["packages/*"]\n\n[dependency-groups]\ndev = ["pytest"]\n'
)
READS = """\
from importlib.resources import files


def main():
    print((files(__name__) / "static/hello.txt").read_text())
"""
