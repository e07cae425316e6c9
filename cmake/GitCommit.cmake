# closelab_git_commit(<out>): the short name of the commit that the sources are at;
# empty outside of a repository of their own. CMake runs again when the commit changes.
function(closelab_git_commit out)
  set(${out} "" PARENT_SCOPE)
  find_package(Git QUIET)
  if(NOT GIT_FOUND OR NOT EXISTS "${PROJECT_SOURCE_DIR}/.git")
    return()
  endif()
  set(git "${GIT_EXECUTABLE}" -C "${PROJECT_SOURCE_DIR}")
  execute_process(COMMAND ${git} describe --always --exclude=* --abbrev=10
                  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  execute_process(COMMAND ${git} rev-parse --path-format=absolute --git-path logs/HEAD
                  OUTPUT_VARIABLE log OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(EXISTS "${log}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${log}")
  endif()
  set(${out} "${commit}" PARENT_SCOPE)
endfunction()
