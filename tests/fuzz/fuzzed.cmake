# What the fuzz targets reach, and no more: compiled for a fuzzer, all of closelab would take four times as long.

find_package(tomlplusplus 3.3 CONFIG REQUIRED)
find_package(nlohmann_json 3.11 CONFIG REQUIRED)
find_package(fmt 9 CONFIG REQUIRED)

set(fuzzed
  http/body_reader.cpp
  http/connection_tokens.cpp
  http/refusal.cpp
  http/head_reader.cpp
  http/head_rules.cpp
  http/host.cpp
  http/message.cpp
  http/persistence.cpp
  http/request_parser.cpp
  http/request_rules.cpp
  net/teardown/close_mode.cpp
  net/kernel/diag_filter.cpp
  net/kernel/diag_message.cpp
  net/socket/endpoint.cpp
  net/verdict/evidence.cpp
  net/kernel/netlink_request.cpp
  net/kernel/sock_diag.cpp
  net/socket/socket_address.cpp
  net/socket/switch.cpp
  net/kernel/tcp_state.cpp
  net/kernel/tcp_table.cpp
  net/verdict/verdict.cpp
  server/record/ladder.cpp
  server/connection/lifecycle.cpp
  server/text/spelling.cpp
  server/record/printing.cpp
  server/text/quantity.cpp
  server/record/record.cpp
  server/rules/rule.cpp
  server/rules/rule_check.cpp
  server/rules/rule_schema.cpp
  server/rules/rule_text.cpp
  server/lab/admin/json_body.cpp
  server/lab/admin/reply.cpp
  server/lab/settings/codec.cpp
  server/lab/settings/conf_file.cpp
  server/lab/serve/query_options.cpp
  server/lab/settings/query.cpp
  server/lab/json/record_json.cpp
  server/lab/experiments/claims.cpp
  server/lab/experiments/expectation.cpp
  server/lab/experiments/experiment_file.cpp
  server/lab/experiments/judge.cpp
  server/lab/experiments/play_steps.cpp
  server/lab/settings/settings.cpp
  server/lab/settings/word_wrap.cpp)
list(TRANSFORM fuzzed PREPEND "${PROJECT_SOURCE_DIR}/")

add_library(closelab_fuzzed STATIC EXCLUDE_FROM_ALL ${fuzzed} ${LLHTTP_OBJECTS})
target_include_directories(closelab_fuzzed PUBLIC
  "${PROJECT_SOURCE_DIR}/net/include" "${PROJECT_SOURCE_DIR}/http/include" "${PROJECT_SOURCE_DIR}/server/include")
target_link_libraries(closelab_fuzzed
  PUBLIC Llhttp::llhttp tomlplusplus::tomlplusplus nlohmann_json::nlohmann_json fmt::fmt
  PRIVATE closelab_build_flags)
