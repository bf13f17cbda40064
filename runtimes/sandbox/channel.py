"""Node's IPC channel, from the other side: a line of JSON for each message; a handle goes with the bytes of its line."""

import json
import os
import socket
import sys


class Channel:
    def __init__(self):
        self.socket = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
        self.socket.setblocking(True)
        self._messages = []
        self._rest = b""

    def fileno(self):
        return self.socket.fileno()

    def has_message(self):
        return bool(self._messages)

    def receive(self):
        """Waits for the next message."""
        while not self._messages:
            chunk = self.socket.recv(65536)
            if not chunk:
                # The server is gone.
                sys.exit()
            *whole, self._rest = (self._rest + chunk).split(b"\n")
            self._messages.extend(json.loads(line) for line in whole if line)
        return self._messages.pop(0)

    def send(self, message):
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def send_handle(self, message, kind, handle):
        """The server has it afterwards; this process has it no more."""
        line = json.dumps({"cmd": "NODE_HANDLE", "type": kind, "msg": message}).encode() + b"\n"
        socket.send_fds(self.socket, [line], [handle.fileno()])
        handle.close()
        # Node takes the next one only after it has said that it has this one; orders may come in between.
        waiting = []
        while True:
            received = self.receive()
            if received.get("cmd") == "NODE_HANDLE_ACK":
                self._messages[:0] = waiting
                return
            waiting.append(received)
