# Runs the consumer project; see CMakeLists.txt for the variables.

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${WORK}")
if(WAY STREQUAL "installed")
  run("${CMAKE_COMMAND}" --install "${CLOSELAB_BUILD}" --prefix "${WORK}/prefix")
  foreach(file share/closelab/conf/personas/nginx.toml share/closelab/examples/closelab.py share/doc/closelab/admin.md
          share/man/man1/closelab-serve.1.gz share/bash-completion/completions/closelab
          share/zsh/vendor-completions/_closelab share/fish/vendor_completions.d/closelab.fish
          lib/systemd/system/closelab.service)
    if(NOT EXISTS "${WORK}/prefix/${file}")
      message(FATAL_ERROR "not installed: ${file}")
    endif()
  endforeach()
  # systemd takes no other than an absolute path.
  file(STRINGS "${WORK}/prefix/lib/systemd/system/closelab.service" start REGEX "^ExecStart=")
  if(NOT start MATCHES "^ExecStart=${WORK}/prefix/bin/closelab serve ")
    message(FATAL_ERROR "closelab.service starts something else: ${start}")
  endif()
  # From a folder that has no conf/experiments.
  run("${WORK}/prefix/bin/closelab" run --list WORKING_DIRECTORY "${WORK}/prefix")
  set(find_closelab "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
else()
  set(find_closelab "-DCLOSELAB_SUBDIRECTORY=${CLOSELAB_SOURCE}")
endif()

run("${CMAKE_COMMAND}" --no-warn-unused-cli -S "${CMAKE_CURRENT_LIST_DIR}/consumer" -B "${WORK}/build" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}" ${find_closelab} ${FIND_LLHTTP})
run("${CMAKE_COMMAND}" --build "${WORK}/build" --parallel 2)
run("${WORK}/build/consumer")
