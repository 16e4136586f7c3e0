"""What is open when a process ends."""

import os
import sys

import pytest

from grpolog.record import at_exit


@pytest.fixture
def ended(monkeypatch):
    calls = []
    monkeypatch.setattr(at_exit, "_ENDS", {})
    monkeypatch.setattr(sys, "last_value", ValueError("of an earlier cell"), raising=False)
    at_exit.opened(calls.append)
    return calls


def test_what_is_open_is_ended(ended):
    at_exit._end_all()
    assert ended == [None]


def test_what_is_closed_is_not(ended):
    at_exit.closed(ended.append)
    at_exit._end_all()
    assert ended == []


def test_the_exception_that_ends_the_process_is_told(ended, monkeypatch):
    error = ValueError("of this run")
    monkeypatch.setattr(sys, "last_value", error)
    at_exit._end_all()
    assert ended == [error]


def test_a_forked_child_ends_nothing(ended, monkeypatch):
    monkeypatch.setattr(os, "getpid", lambda: -1)
    at_exit._end_all()
    assert ended == []
