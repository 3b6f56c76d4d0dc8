"""A server that asks for Digest credentials and judges them by RFC 7616 in its own words, for one toynet at a time.

The path says how: /ALGORITHM/OPTION/..., where the options are sess, userhash, old (no qop), stale (the first proof is
told that its nonce is stale). It says on its first line where it listens.
"""

import hashlib
import http.server
import re
import sys

USER, PASSWORD, REALM = "M\u00fcfasa", 'Circle "of" Life', 'a "quoted", realm'


def made(algorithm, *parts):
    name = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}[algorithm]
    return hashlib.new(name, ":".join(parts).encode()).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    nonces = {}

    def do_POST(self):
        self.do_GET()

    def do_GET(self):
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        algorithm, *options = self.path.strip("/").split("/")
        said = self.headers.get("Authorization", "").encode("latin-1").decode()
        pairs = re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', said)
        said = {name: re.sub(r"\\(.)", r"\1", quoted) or bare for name, quoted, bare in pairs}
        nonce = f"n{len(self.nonces)}"
        if said and self.is_right(algorithm, options, said):
            uses = self.nonces.get(said["nonce"], 0)
            if "stale" not in options or said["nonce"] != "n0":
                return self.answer(200, f"{said.get('nc', 'none')} {content.decode()}\n".encode())
            self.nonces[said["nonce"]] = uses + 1
            return self.ask(algorithm, options, nonce, ", stale=true")
        self.ask(algorithm, options, nonce, "")

    def is_right(self, algorithm, options, said):
        name = made(algorithm, USER, REALM) if "userhash" in options else USER
        secret = made(algorithm, USER, REALM, PASSWORD)
        if "sess" in options:
            secret = made(algorithm, secret, said["nonce"], said["cnonce"])
        last = made(algorithm, self.command, self.path)
        middle = [] if "old" in options else [said["nc"], said["cnonce"], said["qop"]]
        proof = made(algorithm, secret, said["nonce"], *middle, last)
        wanted = {"username": name, "realm": REALM, "uri": self.path, "opaque": "o", "response": proof}
        return said["nonce"] in self.nonces and all(said.get(key) == value for key, value in wanted.items())

    def ask(self, algorithm, options, nonce, more):
        self.nonces[nonce] = 0
        sess = "-sess" if "sess" in options else ""
        qop = "" if "old" in options else ', qop="auth-int, auth"'
        hidden = ", userhash=true" if "userhash" in options else ""
        realm = REALM.replace('"', '\\"')
        challenge = f'Basic realm="other", Digest realm="{realm}", nonce="{nonce}", opaque="o"{qop}'
        self.send_response(401)
        self.send_header("WWW-Authenticate", "Digest realm=unknown, nonce=x, algorithm=SHA-3")
        self.send_header("WWW-Authenticate", f"{challenge}, algorithm={algorithm}{sess}{hidden}{more}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, status, content):
        self.nonces.clear()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
sys.exit(server.serve_forever())
