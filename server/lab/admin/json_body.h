#pragma once

#include <string_view>
#include <vector>

#include "closelab/rule.h"
#include "server/lab/json/record_json.h"

namespace closelab::lab {

/// Reads a body strictly: one JSON value, no comments, no key twice in one object. Throws Refusal (400) that says at
/// which byte it can't be read.
Json parse_json_body(std::string_view body);

/// For commands, which take what they take in the query: throws Refusal (400), which names those parameters, unless the
/// body is empty or `{}`.
void expect_no_content(std::string_view body, const std::vector<std::string_view>& parameters = {});

/// A rule from an object with the keys of a conf file's `[[rule]]`. Throws Refusal (400) that names `where` and the
/// key.
Rule rule_from_json(const Json& json, std::string_view where);
/// The same from an array of them, as `rule 1 of the array`...
std::vector<Rule> rules_from_json(const Json& json);

}  // namespace closelab::lab
