#pragma once

#include <string>
#include <string_view>

#include "closelab/handler.h"
#include "closelab/rule.h"
#include "http/response_writer.h"

namespace closelab::server {

/// What rules say, as bytes.

/// Is there a request that an answer of that moment answers?
bool is_asked_at(At at);

/// What goes out at once when the rule acts. Nothing when it says nothing, or when its answer takes the place of the
/// handler's.
std::string bytes_said_at_once(const Rule& rule, std::string_view date);

/// The lines that an announcement (AnnounceAction) puts in place of Connection and Keep-Alive.
std::string announced_lines(std::string_view text);

/// Status and body of a rule's answer.
Response response_of(const AnswerAction& answer);

/// How its head says where its body ends.
http::ResponseFraming framing_of(const AnswerAction& answer, std::string_view method);

/// Puts into the head what the answer says of it; views into the answer.
void shape_head(http::ResponseHead& head, const AnswerAction& answer);

/// Its head promises more than comes, or something comes after one that ends it (RFC 9112 §6.3).
bool misleads(const AnswerAction& answer, std::string_view method);

}  // namespace closelab::server
