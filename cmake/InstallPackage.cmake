# What `cmake --install` puts where, in two components, and the packages made of them (cpack -G DEB, cpack -G TGZ):
#
#   program      closelab, its manual pages and completions, conf/, examples/, docs/, the systemd units
#   development  the library, its headers, and the CMake package that find_package(closelab) reads

include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/closelab")

install(TARGETS closelab EXPORT closelabTargets FILE_SET HEADERS COMPONENT development
        ARCHIVE COMPONENT development
        LIBRARY COMPONENT development)
install(EXPORT closelabTargets NAMESPACE closelab:: DESTINATION "${package_dir}" COMPONENT development)
configure_package_config_file(cmake/closelabConfig.cmake.in "${PROJECT_BINARY_DIR}/closelabConfig.cmake"
                              INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/closelabConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/closelabConfig.cmake" "${PROJECT_BINARY_DIR}/closelabConfigVersion.cmake"
        DESTINATION "${package_dir}" COMPONENT development)

if(CLOSELAB_BUILD_PROGRAM)
  include(WhatTheProgramPrints)
  install(TARGETS closelab_program COMPONENT program)
  install(FILES ${closelab_man_pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT program)
  install(FILES "${closelab_completions}/closelab" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
          COMPONENT program)
  install(FILES "${closelab_completions}/_closelab" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions"
          COMPONENT program)
  install(FILES "${closelab_completions}/closelab.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d"
          COMPONENT program)
  # `closelab run` looks for its experiments beside its own folder, in ../share.
  install(DIRECTORY conf examples DESTINATION "${CMAKE_INSTALL_DATADIR}/closelab" COMPONENT program
          USE_SOURCE_PERMISSIONS PATTERN __pycache__ EXCLUDE)
  install(DIRECTORY docs/ DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT program)
  install(FILES README.md CHANGELOG.md SECURITY.md DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT program)
  # systemd wants the program's absolute path, which is certain only when it is installed. cpack fills a folder of its
  # own, for what will be unpacked in /usr.
  install(CODE "
    set(prefix \"\${CMAKE_INSTALL_PREFIX}\")
    if(prefix MATCHES \"/_CPack_Packages/\")
      set(prefix /usr)
    endif()
    set(closelab_program \"${CMAKE_INSTALL_BINDIR}/$<TARGET_FILE_NAME:closelab_program>\")
    cmake_path(ABSOLUTE_PATH closelab_program BASE_DIRECTORY \"\${prefix}\" NORMALIZE)
    configure_file(\"${PROJECT_SOURCE_DIR}/cmake/packaging/closelab.service.in\"
                   \"${PROJECT_BINARY_DIR}/closelab.service\" @ONLY)" COMPONENT program)
  install(FILES cmake/packaging/closelab.socket "${PROJECT_BINARY_DIR}/closelab.service"
          DESTINATION lib/systemd/system COMPONENT program)
  include(packaging/Package)
endif()
