#include "server/lab/audit/answer_reader.h"

#include <doctest/doctest.h>

#include <string>

namespace closelab::lab {
namespace {

using Content = AnswerReader::Content;

struct Row {
  const char* bytes;
  Extent extent;
  int status;
  std::uint64_t body;
  bool keeps;
  Content content = Content::by_head;
};

const Row rows[] = {
    {"", Extent::none, 0, 0, false},
    {"HTTP/1.1 200 OK\r\nContent-Le", Extent::cut, 0, 0, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", Extent::whole, 200, 5, true},
    {"HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhel", Extent::cut, 200, 3, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Extent::whole, 200, 0, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi, and more", Extent::whole, 200, 2, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\nhi", Extent::whole, 200, 2, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", Extent::whole, 200, 2, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", Extent::whole,
     200, 13, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nDigest: x\r\n", Extent::cut, 200, 3, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Extent::whole,
     200, 3, true},
    {"HTTP/1.1 200 OK\r\n\r\nto the end", Extent::cut, 200, 10, false},
    {"HTTP/1.1 204 No Content\r\n\r\n", Extent::whole, 204, 0, true},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", Extent::whole, 304, 0, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Extent::whole, 200, 0, true, Content::none},
    {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", Extent::whole, 200,
     1, true},
    {"HTTP/1.1 103 Early Hints\r\n\r\n", Extent::cut, 0, 0, false},
};

TEST_CASE("an answer is read as RFC 9112 section 6.3 says, in whatever pieces it comes") {
  for (const Row& row : rows) {
    const std::string bytes = row.bytes;
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{10000}}) {
      CAPTURE(bytes);
      CAPTURE(piece);
      AnswerReader reader(row.content);
      for (std::size_t at = 0; at < bytes.size(); at += piece) reader.add(bytes.substr(at, piece));
      CHECK(reader.extent() == row.extent);
      CHECK(reader.status() == row.status);
      CHECK(reader.bytes() == row.body);
      CHECK(reader.keeps_connection() == row.keeps);
    }
  }
}

TEST_CASE("a FIN ends an answer without a length, and no other") {
  AnswerReader delimited(Content::by_head);
  delimited.add("HTTP/1.1 200 OK\r\n\r\nto the end");
  delimited.add_end();
  CHECK(delimited.extent() == Extent::whole);
  CHECK_FALSE(delimited.keeps_connection());
  AnswerReader truncated(Content::by_head);
  truncated.add("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
  truncated.add_end();
  CHECK(truncated.extent() == Extent::cut);
}

}  // namespace
}  // namespace closelab::lab
