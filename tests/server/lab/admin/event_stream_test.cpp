#include "server/lab/admin/event_stream.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "server/connection/body_stream.h"

namespace closelab::lab {
namespace {

/// One who reads a stream, as the connection does.
class Reader {
 public:
  explicit Reader(std::size_t max_bytes = 1000) : body_(max_bytes) {}
  ~Reader() { leave(); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  EventStream stream(EventTypes types = all_event_types) const { return {.body = body_, .types = types}; }
  void leave() const { body_.state()->detach(); }
  bool is_open() const { return body_.is_open(); }
  /// What has been written since the last time.
  std::string read() const {
    std::string text;
    while (body_.state()->take(text, 1000) == BodyStream::State::Taken::bytes) {
    }
    return text;
  }

 private:
  BodyStream body_;
};

TEST_CASE("an event is a name, a number and one line of JSON") {
  Event event{.type = EventType::settled, .number = 7, .record = {}};
  event.record.id = 3;
  const std::string text = format_event(event);
  const std::string head = "event: settled\nid: 7\ndata: ";
  REQUIRE(text.starts_with(head));
  CHECK(text.find("\n\n") == text.size() - 2);
  CHECK(nlohmann::json::parse(text.substr(head.size()))["connection"]["id"] == 3);

  event.type = EventType::request;
  event.request.emplace();
  event.request->number = 2;
  event.request->target = "/\n\n\xff";
  const std::string request = format_event(event);
  CHECK(request.starts_with("event: request\n"));
  CHECK(request.find("\n\n") == request.size() - 2);
  const auto data = nlohmann::json::parse(request.substr(request.find("data: ") + 6));
  CHECK(data["connection_id"] == 3);
  CHECK(data["request"]["number"] == 2);
}

TEST_CASE("a stream gets the types that it wants") {
  for (unsigned bit = 0; bit < 5; ++bit) {
    const auto type = static_cast<EventType>(bit);
    CHECK(parse_event_type(to_string(type)) == type);
  }
  CHECK_FALSE(parse_event_type("dropped"));
  CHECK(event_type_names() == "accepted, request, idle, closing, settled");

  const Reader all;
  const Reader endings;
  EventStreams streams;
  CHECK(streams.wanted() == 0);
  streams.add(endings.stream(event_bit(EventType::closing) | event_bit(EventType::settled)));
  CHECK(streams.wanted() == (event_bit(EventType::closing) | event_bit(EventType::settled)));
  streams.add(all.stream());
  streams.publish(EventType::accepted, [] { return "a"; });
  streams.publish(EventType::closing, [] { return "c"; });
  streams.publish(EventType::settled, [] { return "s"; });
  CHECK(all.read() == "acs");
  CHECK(endings.read() == "cs");
}

TEST_CASE("a slow reader loses events and is told how many, before the next one or when there is room") {
  const Reader slow(40);
  const Reader quick(1000);
  EventStreams streams;
  streams.add(slow.stream());
  streams.add(quick.stream());
  const std::string text(30, 'x');
  for (int i = 0; i < 4; ++i) streams.publish(EventType::idle, [&] { return text; });
  CHECK(streams.has_debts());
  CHECK(slow.read() == text);
  CHECK(quick.read().size() == 120);

  streams.settle_debts();
  CHECK_FALSE(streams.has_debts());
  CHECK(slow.read() == "event: dropped\ndata: {\"events\":3}\n\n");

  streams.lose(event_bit(EventType::request), 5);
  streams.publish(EventType::idle, [] { return "i"; });
  CHECK(slow.read() == "event: dropped\ndata: {\"events\":5}\n\ni");
}

TEST_CASE("events that were lost before they were formatted count for those who want their type") {
  const Reader idle;
  EventStreams streams;
  streams.add(idle.stream(event_bit(EventType::idle)));
  streams.lose(event_bit(EventType::request), 5);
  CHECK_FALSE(streams.has_debts());
  streams.lose(event_bit(EventType::idle), 5);
  CHECK(streams.has_debts());
}

TEST_CASE("a stream ends after its limit") {
  const Reader reader;
  EventStreams streams;
  EventStream stream = reader.stream(event_bit(EventType::idle));
  stream.limit = 2;
  streams.add(std::move(stream));
  streams.publish(EventType::settled, [] { return "s"; });
  streams.publish(EventType::idle, [] { return "1"; });
  streams.beat();
  CHECK(reader.is_open());
  streams.publish(EventType::idle, [] { return "2"; });
  CHECK_FALSE(reader.is_open());
  CHECK(streams.size() == 0);
  CHECK(reader.read() == "1: still here\n\n2");
}

TEST_CASE("a stream with a rate gets its share of each tick, and nothing is formatted for nobody") {
  const Reader sample;
  EventStreams streams;
  CHECK_FALSE(streams.most_per_tick());
  EventStream stream = sample.stream();
  stream.per_tick = 2;
  streams.add(std::move(stream));
  CHECK(streams.most_per_tick() == 2);
  int formatted = 0;
  const auto publish = [&] { streams.publish(EventType::idle, [&] { return std::to_string(++formatted); }); };
  for (int i = 0; i < 5; ++i) publish();
  CHECK(formatted == 2);
  CHECK(sample.read() == "12");
  streams.tick();
  publish();
  CHECK(sample.read() == "event: dropped\ndata: {\"events\":3}\n\n3");

  const Reader everything;
  streams.add(everything.stream());
  CHECK_FALSE(streams.most_per_tick());
}

TEST_CASE("one that has gone is forgotten, also when it never came") {
  const Reader gone;
  EventStreams streams;
  streams.add(gone.stream());
  streams.add({.body = BodyStream()});
  CHECK(streams.size() == 2);
  streams.beat();
  CHECK(streams.size() == 1);
  gone.leave();
  streams.publish(EventType::idle, [] { return "i"; });
  CHECK(streams.size() == 0);
}

TEST_CASE("all streams can be ended") {
  const Reader reader;
  EventStreams streams;
  streams.add(reader.stream());
  streams.end_all();
  CHECK_FALSE(reader.is_open());
  CHECK(streams.size() == 0);
}

}  // namespace
}  // namespace closelab::lab
