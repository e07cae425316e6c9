#!/usr/bin/env bash
# Breaks each rule once in a small tree and expects rules.sh to print the offending line; then keeps
# each rule where it looks broken and expects silence.
set -euo pipefail

rules=$(cd "$(dirname "$0")" && pwd)/rules.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failed=0

# breaks RULE FILE TEXT..., keeps RULE FILE TEXT...: with TEXT in FILE, the rule is broken (kept).
breaks() {
  local output
  write "${@:2}"
  output=$("$rules" "$1" "$tree") && { failed=1; echo "$1 accepts in $2: ${3:0:70}"; return; }
  [[ $output == *"${@: -2:1}:"* ]] || { failed=1; echo "$1 does not name $2: $output"; }
}
keeps() {
  write "${@:2}"
  "$rules" "$1" "$tree" || { failed=1; echo "$1 refuses in $2: ${3:0:70}"; }
}
write() {
  rm -rf "${tree:?}"/*
  while (($#)); do
    mkdir -p "$tree/$(dirname "$1")"
    printf '%b\n' "$2" >"$tree/$1"
    shift 2
  done
}
repeat() { for ((i = 0; i < $1; i++)); do printf '%s' "$2"; done; }

breaks includes net/a.cpp '#include "http/message.h"'
breaks includes http/a.h '#include "net/socket/listener.h"'
breaks includes http/a.cpp '#include <sys/socket.h>'
breaks includes server/a.cpp '#include "server/lab/serve/serve.h"'
breaks includes server/lab/serve/a.cpp '#include "server/lab/experiments/run.h"'
keeps includes server/lab/main.cpp '#include "server/lab/experiments/run.h"'
breaks includes server/include/closelab/a.h '#include <asio.hpp>'
breaks includes server/include/closelab/a.h '#include "server/reactor.h"'
breaks includes net/include/closelab/a.h '#include <sys/types.h>'
breaks includes http/a.cpp '#include <asio/buffer.hpp>'
breaks includes http/a.cpp '#include <llhttp.h>'
keeps includes http/request_parser.cpp '#include <llhttp.h>'
keeps includes net/a.cpp '#include <asio.hpp>\n#include "closelab/endpoint.h"'
keeps includes server/include/closelab/a.h '#include <vector>\n#include "closelab/record.h"'

breaks llhttp http/request_parser.cpp '  parser->header_state = 0;'
breaks llhttp http/request_parser.cpp 'parser_.flags = framing;'
breaks llhttp http/request_parser.cpp 'if (parser_.http_minor == 0) {'
breaks llhttp http/request_parser.cpp 'set(F_CHUNKED);'
breaks llhttp http/request_parser.cpp 'llhttp__internal_init(&parser_);'
keeps llhttp http/request_parser.cpp 'parser_.data = this;\nllhttp_get_http_minor(&parser_);\nparser.method();  // parser->flags'

breaks teardown net/a.cpp '  ::close(fd);'
breaks teardown server/a.cpp 'socket.shutdown(asio::socket_base::shutdown_send);'
breaks teardown server/a.cpp 'if (::shutdown (fd, 1) < 0) {'
breaks teardown net/a.cpp 'setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value);'
keeps teardown net/a.cpp '// SO_LINGER{1,0} makes ::close() an RST\nauto text = "SO_LINGER";\nvoid Listener::close() {}'
keeps teardown net/teardown/teardown.cpp '::close(fd);'
breaks teardown net/a.cpp '::close(fd);'
keeps teardown net/socket/unique_fd.h '::close(fd);'

breaks listed net/a.cpp ''
breaks listed tests/http/a_test.cpp ''
keeps listed net/a.h ''

breaks lengths http/a.cpp "$(repeat 400 '\n')"
keeps lengths http/a.cpp "$(repeat 398 '\n')"
breaks lengths tests/a.cpp "$(repeat 500 '\n')"
keeps lengths tests/a.cpp "$(repeat 498 '\n')"
# Three folders in a circle, and a chain of three.
breaks_circle() {
  local output
  output=$("$rules" circles "$tree") && { failed=1; echo 'circles accepts a circle'; return; }
  [[ $output == *'net/a/a.h:1:net/a includes net/b'* ]] || { failed=1; echo "circles does not name it: $output"; }
}
keeps circles net/a/a.h '#include "net/b/b.h"\n#include "net/a/other.h"\n#include <vector>'
mkdir -p "$tree/net/b" "$tree/net/c"
echo '#include "net/c/c.h"' >"$tree/net/b/b.h"
"$rules" circles "$tree" || { failed=1; echo 'circles refuses a chain'; }
echo '#include "net/a/a.h"' >"$tree/net/c/c.h"
breaks_circle
breaks wording a.txt 'TO''DO: this'
keeps wording a.txt 'mastodons'

breaks published ci/a.yaml 'ports: ["8080:8080", "8081:8081"]'
breaks published a.md 'podman run -p 0.0.0.0:8081:8081 closelab'
keeps published ci/a.yaml 'ports: ["8080:8080", "127.0.0.1:8081:8081"]'

if command -v ctags >/dev/null; then
  breaks functions net/a.cpp "void f() {\n$(repeat 49 '  g();\n')}"
  keeps functions net/a.cpp "void f() {\n$(repeat 48 '  g();\n')}"
  breaks classes net/a.h "class A {\n$(repeat 46 '  void f();\n')};"
  keeps classes net/a.h "class A {\n$(repeat 45 '  void f();\n')};"
  breaks types net/b.h 'namespace n { struct A {}; }\nnamespace n { struct A {}; }'
  breaks units net/a.cpp 'namespace { int f(int a) { return a; } }' net/b.cpp 'namespace { int f(int a) { return 1; } }'
  breaks units net/a.cpp 'namespace { struct A {}; }' net/b.cpp 'namespace { struct A {}; }'
  breaks units net/a.cpp 'namespace { constexpr int a = 1; }' net/b.cpp 'namespace { constexpr int a = 2; }'
  keeps units net/a.cpp 'namespace { int f(int a) { return a; } }' net/b.cpp 'namespace { int f(long a) { return 1; } }'
  keeps units net/a.cpp 'namespace { int f() { return 1; } }' http/b.cpp 'namespace { int f() { return 1; } }'
  keeps types net/b.h 'namespace n { struct A; }\nnamespace n { struct A {}; }\nnamespace { struct A {}; }'
fi
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
  breaks format net/a.cpp 'int  f( );'
  keeps format net/a.cpp 'int f();'
fi
exit "$failed"
