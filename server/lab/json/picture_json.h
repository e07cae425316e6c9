#pragma once

#include "server/lab/json/record_json.h"
#include "server/record/picture.h"

namespace closelab::lab {

/// `{"client": "127.0.0.1:46646", "server": ..., "rungs": [...]}`; of a rung, what is known of it.
Json to_json(const server::Picture& picture);

/// Back from to_json(); throws Json::exception for what it can't have written.
server::Picture picture_from_json(const Json& json);

/// The record with its picture under `picture`.
Json with_picture(const ConnectionRecord& record);

std::string_view transit_name(net::Transit transit);
net::Transit transit_named(std::string_view name);
std::chrono::nanoseconds from_ms(double milliseconds);

}  // namespace closelab::lab
