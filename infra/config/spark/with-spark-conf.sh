# Makes what Spark reads in this container, then runs the command: the trust store, and a folder of its user's alone with
# spark-defaults.conf, which has the secret of this Spark at its end.
set -eu
keytool -importcert -noprompt -alias sluice -file /run/secrets/ca \
  -keystore /tmp/sluice-truststore.p12 -storetype PKCS12 -storepass changeit 2> /dev/null || test -s /tmp/sluice-truststore.p12

# A container has an address in each of its networks: Spark uses the one in the network of its master, for ports and pages. To executors a
# driver would give the container's name, which leads to any of them.
SPARK_LOCAL_IP=$(/opt/sluice/spark-jobs/.venv/bin/python -c '
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as to_master:
    to_master.connect(("spark-master", 7077))
    print(to_master.getsockname()[0])')
export SPARK_LOCAL_IP

conf=/tmp/sluice-spark-conf
(
  umask 077
  mkdir -p "$conf"
  cp "$SPARK_CONF_DIR"/* "$conf"
  {
    printf '\nspark.authenticate.secret %s\n' "$(cat /run/secrets/spark-secret)"
    printf 'spark.driver.host %s\nspark.driver.bindAddress %s\n' "$SPARK_LOCAL_IP" "$SPARK_LOCAL_IP"
  } >> "$conf/spark-defaults.conf"
  chmod 600 "$conf/spark-defaults.conf"
)
export SPARK_CONF_DIR=$conf
exec "$@"
