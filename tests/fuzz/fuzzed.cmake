# What the fuzz targets reach, and no more: compiled for a fuzzer, all of closelab would take four times as long.

find_package(tomlplusplus 3.3 CONFIG REQUIRED)
find_package(nlohmann_json 3.11 CONFIG REQUIRED)
find_package(fmt 9 CONFIG REQUIRED)

# Of these folders all; what of them no target reaches is not linked.
set(rooms http server/text server/rules server/record server/lab/settings server/lab/json)
list(TRANSFORM rooms APPEND "/*.cpp" OUTPUT_VARIABLE patterns)
list(TRANSFORM patterns PREPEND "${PROJECT_SOURCE_DIR}/")
file(GLOB whole_rooms CONFIGURE_DEPENDS ${patterns})

set(fuzzed
  net/teardown/close_mode.cpp
  net/kernel/diag_filter.cpp
  net/kernel/diag_message.cpp
  net/socket/endpoint.cpp
  net/kernel/process.cpp
  net/verdict/evidence.cpp
  net/verdict/fins.cpp
  net/kernel/netlink_request.cpp
  net/kernel/sock_diag.cpp
  net/socket/socket_address.cpp
  net/socket/switch.cpp
  net/kernel/tcp_state.cpp
  net/kernel/tcp_table.cpp
  net/verdict/verdict.cpp
  server/connection/lifecycle.cpp
  server/lab/admin/json_body.cpp
  server/lab/admin/reply.cpp
  server/lab/serve/cors.cpp
  server/lab/serve/query_options.cpp
  server/lab/experiments/claims.cpp
  server/lab/experiments/expectation.cpp
  server/lab/experiments/experiment_file.cpp
  server/lab/experiments/judge.cpp
  server/lab/experiments/play_steps.cpp)
list(TRANSFORM fuzzed PREPEND "${PROJECT_SOURCE_DIR}/")

add_library(closelab_fuzzed STATIC EXCLUDE_FROM_ALL ${whole_rooms} ${fuzzed} ${LLHTTP_OBJECTS})
target_include_directories(closelab_fuzzed PUBLIC
  "${PROJECT_SOURCE_DIR}/net/include" "${PROJECT_SOURCE_DIR}/http/include" "${PROJECT_SOURCE_DIR}/server/include")
target_link_libraries(closelab_fuzzed
  PUBLIC Llhttp::llhttp tomlplusplus::tomlplusplus nlohmann_json::nlohmann_json fmt::fmt
  PRIVATE closelab_build_flags)
