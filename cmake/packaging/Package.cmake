# Debian packages closelab and libcloselab-dev: cpack -G DEB, in the build folder; and an archive of both: cpack -G TGZ.
# What Debian's policy wants of a package beside its files is made here: copyright, changelog, compressed manual pages.

set(debian_dir "${PROJECT_BINARY_DIR}/debian")
# Who packages closelab for others says -DCPACK_PACKAGE_CONTACT='NAME <ADDRESS>'.
if(NOT CPACK_PACKAGE_CONTACT)
  set(CPACK_PACKAGE_CONTACT "closelab authors <packages@closelab.example>")
endif()
set(CPACK_PACKAGE_VENDOR "closelab")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "HTTP server that shows how TCP connections end")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_PACKAGING_INSTALL_PREFIX "/usr")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME closelab)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
# What its examples are written in.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "nodejs, perl, php-cli, python3, ruby")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "For every connection it says who closed first, by FIN or by RST, why, and
which side holds TIME_WAIT, as the kernel shows it. Tests of HTTP clients, in
any language, provoke an ending at the exact moment that hurts.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libcloselab-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "The C++20 library for tests of HTTP clients: the server runs inside of the
test, which provokes endings of connections and asks how they came about.")

# closelab_debian_documents(<package> <component>)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
function(closelab_debian_documents package component)
  file(CONFIGURE OUTPUT "${debian_dir}/${package}/changelog" CONTENT "@package@ (@PROJECT_VERSION@) unstable; urgency=medium

  * See CHANGELOG.md, which comes with closelab.

 -- @CPACK_PACKAGE_CONTACT@  @date@
")
  execute_process(COMMAND "${GZIP_PROGRAM}" -9nf "${debian_dir}/${package}/changelog" COMMAND_ERROR_IS_FATAL ANY)
  install(FILES "${debian_dir}/${package}/changelog.gz" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/${package}"
          COMPONENT ${component})
  install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/${package}" RENAME copyright COMPONENT ${component})
endfunction()
closelab_debian_documents(closelab program)
closelab_debian_documents(libcloselab-dev development)

include(CPack)
