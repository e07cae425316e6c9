# What the fuzz targets reach, and no more: compiled for a fuzzer, all of closelab would take four times as long.

find_package(tomlplusplus 3.3 CONFIG REQUIRED)
find_package(nlohmann_json 3.11 CONFIG REQUIRED)
find_package(fmt 9 CONFIG REQUIRED)

set(fuzzed
  http/body_reader.cpp
  http/connection_tokens.cpp
  http/exchange.cpp
  http/fault.cpp
  http/head_reader.cpp
  http/head_rules.cpp
  http/host.cpp
  http/message.cpp
  http/persistence.cpp
  http/request_parser.cpp
  http/request_rules.cpp
  net/close_mode.cpp
  net/diag_filter.cpp
  net/diag_message.cpp
  net/endpoint.cpp
  net/evidence.cpp
  net/sock_diag.cpp
  net/socket_address.cpp
  net/switch.cpp
  net/tcp_state.cpp
  net/tcp_table.cpp
  net/verdict.cpp
  server/ladder.cpp
  server/nearest.cpp
  server/printing.cpp
  server/quantity.cpp
  server/record.cpp
  server/rule.cpp
  server/rule_fault.cpp
  server/rule_schema.cpp
  server/rule_text.cpp
  server/lab/admin/json_body.cpp
  server/lab/admin/reply.cpp
  server/lab/codec.cpp
  server/lab/conf_file.cpp
  server/lab/knobs.cpp
  server/lab/query.cpp
  server/lab/record_json.cpp
  server/lab/run/claims.cpp
  server/lab/run/expectation.cpp
  server/lab/run/experiment_file.cpp
  server/lab/run/judge.cpp
  server/lab/run/play_script.cpp
  server/lab/settings.cpp
  server/lab/wrap.cpp)
list(TRANSFORM fuzzed PREPEND "${PROJECT_SOURCE_DIR}/")

add_library(closelab_fuzzed STATIC EXCLUDE_FROM_ALL ${fuzzed} ${LLHTTP_OBJECTS})
target_include_directories(closelab_fuzzed PUBLIC
  "${PROJECT_SOURCE_DIR}/net/include" "${PROJECT_SOURCE_DIR}/http/include" "${PROJECT_SOURCE_DIR}/server/include")
target_link_libraries(closelab_fuzzed
  PUBLIC Libmnl::mnl Llhttp::llhttp tomlplusplus::tomlplusplus nlohmann_json::nlohmann_json fmt::fmt
  PRIVATE closelab_build_flags)
