"""What the DAGs of Sluice share: settings, the apps as processes, operators, alerts."""
