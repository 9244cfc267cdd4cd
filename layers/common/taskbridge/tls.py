"""TLS as everything here speaks it: verified, and no certificate is read before a connection needs one."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from threading import Lock
from typing import Any

from taskbridge.call_failures import ConnectFailure, ConnectTimeout, Untrusted
from taskbridge.connections import Origin

Load = Callable[[ssl.SSLContext], None]


class LazyContext(ssl.SSLContext):
    """A verifying context that reads its certificates when the first connection needs them: that takes 36 ms."""

    _lock: Lock
    _load: Load | None

    @classmethod
    def that_loads(cls, load: Load) -> LazyContext:
        """A context whose certificates `load` reads."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context._lock, context._load = Lock(), load  # SSLContext makes itself in __new__
        return context

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """See SSLContext."""
        with self._lock:
            if self._load:
                self._load(self)
                self._load = None
        return super().wrap_socket(*args, **kwargs)


def secure(stream: socket.socket, origin: Origin, context: ssl.SSLContext) -> socket.socket:
    """The connection, in TLS where its origin speaks that. Raises ConnectFailure."""
    if origin.scheme != "https":
        return stream
    try:
        return context.wrap_socket(stream, server_hostname=origin.server_name)
    except TimeoutError as error:
        stream.close()
        raise ConnectTimeout(str(error)) from None
    except ssl.SSLError as error:
        stream.close()
        raise Untrusted(str(error)) from None
    except (OSError, ValueError) as error:
        stream.close()
        raise ConnectFailure(str(error)) from None
