// Generated from avro/user-record.avsc by `nx run user-schema:generate`; do not edit.

/** A user of the RandomUser API: the value of a message in the topic user_records. */
export interface UserRecord {
  /** Given name. */
  readonly first_name: string | null;
  /** Family name. */
  readonly last_name: string | null;
  /** Gender as the source names it: female or male. */
  readonly gender: string | null;
  /** House number and street, as in '8929 Valwood Pkwy'. */
  readonly street: string | null;
  /** City. */
  readonly city: string | null;
  /** State, province or region. */
  readonly state: string | null;
  /** Country, in English. */
  readonly country: string | null;
  /** Postal code as the source writes it; letters, spaces and leading zeros are kept. */
  readonly postcode: string | null;
  /** Degrees north. */
  readonly latitude: number | null;
  /** Degrees east. */
  readonly longitude: number | null;
  /** E-mail address. */
  readonly email: string | null;
  /** Identity of the user, in lower case; the key of the message and of the row. */
  readonly uuid: string;
  /** Login name. */
  readonly username: string | null;
  /** Null, 'sha256:<salt>:<digest>' or plain text, as the producer's password policy decides. */
  readonly password: string | null;
  /** Date and time of birth. */
  readonly birthdate: number | null;
  /** Age in years when the source was asked. */
  readonly age: number | null;
  /** When the user registered. */
  readonly registered_date: number | null;
  /** Phone number. */
  readonly phone: string | null;
  /** Mobile phone number. */
  readonly cell: string | null;
  /** URL of the large portrait. */
  readonly picture: string | null;
  /** Two-letter nationality code, as in 'FI'. */
  readonly nationality: string | null;
}

/** The Avro schema of {@link UserRecord}. */
export const userRecordAvsc = {
  "type": "record",
  "name": "UserRecord",
  "namespace": "sluice.users",
  "doc": "A user of the RandomUser API: the value of a message in the topic user_records.",
  "fields": [
    {
      "name": "first_name",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Given name."
    },
    {
      "name": "last_name",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Family name."
    },
    {
      "name": "gender",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Gender as the source names it: female or male."
    },
    {
      "name": "street",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "House number and street, as in '8929 Valwood Pkwy'."
    },
    {
      "name": "city",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "City."
    },
    {
      "name": "state",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "State, province or region."
    },
    {
      "name": "country",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Country, in English."
    },
    {
      "name": "postcode",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Postal code as the source writes it; letters, spaces and leading zeros are kept."
    },
    {
      "name": "latitude",
      "type": [
        "null",
        "double"
      ],
      "default": null,
      "minimum": -90,
      "maximum": 90,
      "doc": "Degrees north."
    },
    {
      "name": "longitude",
      "type": [
        "null",
        "double"
      ],
      "default": null,
      "minimum": -180,
      "maximum": 180,
      "doc": "Degrees east."
    },
    {
      "name": "email",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "E-mail address."
    },
    {
      "name": "uuid",
      "type": {
        "type": "string",
        "logicalType": "uuid"
      },
      "personal": false,
      "doc": "Identity of the user, in lower case; the key of the message and of the row."
    },
    {
      "name": "username",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Login name."
    },
    {
      "name": "password",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Null, 'sha256:<salt>:<digest>' or plain text, as the producer's password policy decides."
    },
    {
      "name": "birthdate",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "default": null,
      "doc": "Date and time of birth."
    },
    {
      "name": "age",
      "type": [
        "null",
        "int"
      ],
      "default": null,
      "minimum": 0,
      "maximum": 150,
      "doc": "Age in years when the source was asked."
    },
    {
      "name": "registered_date",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "default": null,
      "doc": "When the user registered."
    },
    {
      "name": "phone",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Phone number."
    },
    {
      "name": "cell",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Mobile phone number."
    },
    {
      "name": "picture",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "URL of the large portrait."
    },
    {
      "name": "nationality",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Two-letter nationality code, as in 'FI'."
    }
  ]
} as const;

/** A row of the table user_records: a message and its enrichment. */
export interface UserRow {
  /** Given name. */
  readonly first_name: string | null;
  /** Family name. */
  readonly last_name: string | null;
  /** Gender as the source names it: female or male. */
  readonly gender: string | null;
  /** House number and street, as in '8929 Valwood Pkwy'. */
  readonly street: string | null;
  /** City. */
  readonly city: string | null;
  /** State, province or region. */
  readonly state: string | null;
  /** Country, in English. */
  readonly country: string | null;
  /** Postal code as the source writes it; letters, spaces and leading zeros are kept. */
  readonly postcode: string | null;
  /** Degrees north. */
  readonly latitude: number | null;
  /** Degrees east. */
  readonly longitude: number | null;
  /** E-mail address. */
  readonly email: string | null;
  /** Identity of the user, in lower case; the key of the message and of the row. */
  readonly uuid: string;
  /** Login name. */
  readonly username: string | null;
  /** Null, 'sha256:<salt>:<digest>' or plain text, as the producer's password policy decides. */
  readonly password: string | null;
  /** Date and time of birth. */
  readonly birthdate: number | null;
  /** Age in years when the source was asked. */
  readonly age: number | null;
  /** When the user registered. */
  readonly registered_date: number | null;
  /** Phone number. */
  readonly phone: string | null;
  /** Mobile phone number. */
  readonly cell: string | null;
  /** URL of the large portrait. */
  readonly picture: string | null;
  /** Two-letter nationality code, as in 'FI'. */
  readonly nationality: string | null;
  /** First and last name, one space between. */
  readonly full_name: string | null;
  /** What follows the last @ of the e-mail address, in lower case. */
  readonly email_domain: string | null;
  /** under-18, 18-24, 25-34, 35-44, 45-54, 55-64 or 65-plus. */
  readonly age_group: string | null;
  /** Partition of the message the row was made from. */
  readonly source_partition: number;
  /** Offset of that message. */
  readonly source_offset: bigint;
  /** Timestamp of that message. */
  readonly event_time: number;
}

/** The Avro schema of {@link UserRow}. */
export const userRowAvsc = {
  "type": "record",
  "name": "UserRow",
  "namespace": "sluice.users",
  "doc": "A row of the table user_records: a message and its enrichment.",
  "fields": [
    {
      "name": "first_name",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Given name."
    },
    {
      "name": "last_name",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Family name."
    },
    {
      "name": "gender",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Gender as the source names it: female or male."
    },
    {
      "name": "street",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "House number and street, as in '8929 Valwood Pkwy'."
    },
    {
      "name": "city",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "City."
    },
    {
      "name": "state",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "State, province or region."
    },
    {
      "name": "country",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Country, in English."
    },
    {
      "name": "postcode",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Postal code as the source writes it; letters, spaces and leading zeros are kept."
    },
    {
      "name": "latitude",
      "type": [
        "null",
        "double"
      ],
      "default": null,
      "minimum": -90,
      "maximum": 90,
      "doc": "Degrees north."
    },
    {
      "name": "longitude",
      "type": [
        "null",
        "double"
      ],
      "default": null,
      "minimum": -180,
      "maximum": 180,
      "doc": "Degrees east."
    },
    {
      "name": "email",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "E-mail address."
    },
    {
      "name": "uuid",
      "type": {
        "type": "string",
        "logicalType": "uuid"
      },
      "personal": false,
      "doc": "Identity of the user, in lower case; the key of the message and of the row."
    },
    {
      "name": "username",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Login name."
    },
    {
      "name": "password",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Null, 'sha256:<salt>:<digest>' or plain text, as the producer's password policy decides."
    },
    {
      "name": "birthdate",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "default": null,
      "doc": "Date and time of birth."
    },
    {
      "name": "age",
      "type": [
        "null",
        "int"
      ],
      "default": null,
      "minimum": 0,
      "maximum": 150,
      "doc": "Age in years when the source was asked."
    },
    {
      "name": "registered_date",
      "type": [
        "null",
        {
          "type": "long",
          "logicalType": "timestamp-millis"
        }
      ],
      "default": null,
      "doc": "When the user registered."
    },
    {
      "name": "phone",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Phone number."
    },
    {
      "name": "cell",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Mobile phone number."
    },
    {
      "name": "picture",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "URL of the large portrait."
    },
    {
      "name": "nationality",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "Two-letter nationality code, as in 'FI'."
    },
    {
      "name": "full_name",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "First and last name, one space between."
    },
    {
      "name": "email_domain",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "What follows the last @ of the e-mail address, in lower case."
    },
    {
      "name": "age_group",
      "type": [
        "null",
        "string"
      ],
      "default": null,
      "doc": "under-18, 18-24, 25-34, 35-44, 45-54, 55-64 or 65-plus."
    },
    {
      "name": "source_partition",
      "type": "int",
      "personal": false,
      "doc": "Partition of the message the row was made from."
    },
    {
      "name": "source_offset",
      "type": "long",
      "personal": false,
      "doc": "Offset of that message."
    },
    {
      "name": "event_time",
      "type": {
        "type": "long",
        "logicalType": "timestamp-millis"
      },
      "personal": false,
      "doc": "Timestamp of that message."
    }
  ]
} as const;
