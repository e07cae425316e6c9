# How closelab's own code is compiled; linked PRIVATE to every target of ours and never exported.

add_library(closelab_build_flags INTERFACE)
target_compile_features(closelab_build_flags INTERFACE cxx_std_20)
target_compile_options(closelab_build_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  $<$<BOOL:${CLOSELAB_WARNINGS_AS_ERRORS}>:-Werror>
  # Position-independent code would else be called as if another library might replace it, and never inlined.
  $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-fno-semantic-interposition>)
target_include_directories(closelab_build_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_link_libraries(closelab_build_flags INTERFACE closelab_hardening)

# closelab_objects(<target> PUBLIC_HEADERS_OF <folder>... SOURCES <file>... LINK <target>...)
# The objects of a folder, fit for a static and for a shared library. A folder that is not named in
# PUBLIC_HEADERS_OF can't be included by accident: the compiler does not find it.
function(closelab_objects target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PUBLIC_HEADERS_OF;SOURCES;LINK")
  add_library(${target} OBJECT ${arg_SOURCES})
  list(TRANSFORM arg_PUBLIC_HEADERS_OF REPLACE "(.+)" "${PROJECT_SOURCE_DIR}/\\1/include" OUTPUT_VARIABLE include_dirs)
  target_include_directories(${target} PRIVATE ${include_dirs})
  target_link_libraries(${target} PRIVATE closelab_build_flags ${arg_LINK})
  if(target STREQUAL "closelab_http")  # the one with the fewest definitions
    closelab_precompile(${target})
  else()
    closelab_precompile_as(${target} closelab_http)
  endif()
  closelab_compile_by_folder(${target})
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON LINKER_LANGUAGE CXX)
endfunction()

# closelab_compile_sooner(<target>): for what the program does once, or waits in: a release is built in less time, and
# the library, which serves, is none the slower.
function(closelab_compile_sooner target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()
