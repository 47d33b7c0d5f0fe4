# Makes the trust store of spark-defaults.conf, then runs the command.
set -eu
keytool -importcert -noprompt -alias sluice -file /run/secrets/ca \
  -keystore /tmp/sluice-truststore.p12 -storetype PKCS12 -storepass changeit 2> /dev/null || test -s /tmp/sluice-truststore.p12
exec "$@"
