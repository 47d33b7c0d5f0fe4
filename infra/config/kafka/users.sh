# Sets the passwords of Kafka's users, as /run/secrets/kafka-users has them: "name password" a line. Repeating it is harmless.
set -eu
tool=$(command -v kafka-configs || echo /opt/kafka/bin/kafka-configs.sh)
work=$(mktemp -d)
umask 077
cat > "$work/client.properties" <<PROPERTIES
security.protocol=SSL
ssl.keystore.type=PEM
ssl.keystore.location=/run/secrets/admin.pem
ssl.truststore.type=PEM
ssl.truststore.location=/run/secrets/ca
PROPERTIES

set_password() {
  # by a file: arguments can be read by every process of the container
  echo "SCRAM-SHA-512=iterations=8192,password=$2" > "$work/$1.properties"
  "$tool" --bootstrap-server "$BOOTSTRAP_SERVER" --command-config "$work/client.properties" \
    --alter --entity-type users --entity-name "$1" --add-config-file "$work/$1.properties"
}

# Two at a time: a JVM for each user takes a second or two.
pids=''
failed=0
while read -r name password; do
  set_password "$name" "$password" &
  pids="$pids $!"
  if [ "$(echo "$pids" | wc -w)" -ge 2 ]; then
    for pid in $pids; do wait "$pid" || failed=1; done
    pids=''
  fi
done < /run/secrets/kafka-users
for pid in $pids; do wait "$pid" || failed=1; done
rm -rf "$work"
exit "$failed"
