import { jsonDecoder, jsonEncoder, recordValidator } from '@sluice/record-schema';
import { describe, expect, it } from 'vitest';
import { enrichUser } from './enrichment.ts';
import { mapRandomUser } from './random-user-mapping.ts';
import { userRecordSchema, userRowSchema } from './schemas.ts';
import { parseUserKey, userKey } from './user-key.ts';
import type { UserRecord, UserRow } from './user-record.generated.ts';

/** A user of each nationality of RandomUser 1.4, with what is particular to it. */
// prettier-ignore
const users = [
  ['AU', 'Ella', "O'Connor", 2209, 'Hogan St', 'Melbourne', 'Western Australia', 'Australia', 2482, 'TFN', '571061435', '05-8536-5702'],
  ['BR', 'Gonçalo', 'da Conceição', 3344, 'Rua Quinze de Novembro ', 'São José dos Pinhais', 'Rondônia', 'Brazil', 38862, 'CPF', '507.138.911-49', '(53) 5223-9641'],
  ['CA', 'Océane', 'Côté', 4321, 'Rue de l’Église', 'Flatrock', 'Newfoundland and Labrador', 'Canada', 'J6G 4B9', 'SIN', '651197187', 'X75 F01-6041'],
  ['CH', 'Noé', 'Lefèvre', 6542, 'Quai Charles-De-Gaulle', 'Neuchâtel', 'Zürich', 'Switzerland', 8375, 'AVS', '756.0912.1867.27', '079 162 94 05'],
  ['DE', 'Jörg', 'Süßmuth', 1037, 'Straße der Einheit', 'Mühlheim-Kärlich', 'Thüringen', 'Germany', 68644, 'SVNR', '94 051069 S 461', '0416-1549143'],
  ['DK', 'Sigrid', 'Møller', 5180, 'Åløkkevænget', 'Hammel', 'Syddanmark', 'Denmark', 12406, 'CPR', '090464-7161', '13837926'],
  ['ES', 'Íñigo', 'Núñez', 2207, 'Calle de la Almudena', 'La Coruña', 'País Vasco', 'Spain', 70474, 'DNI', '83046415-P', '939-015-312'],
  ['FI', 'Väinö', 'Hämäläinen', 8861, 'Hämeenkatu', 'Jyväskylä', 'Åland', 'Finland', '01234', 'HETU', 'NaNNA152undefined', '05-862-384'],
  ['FR', 'Zoé', 'Lecomte', 17, "Rue de l'Abbé-de-L'Épée", 'Asnières-sur-Seine', 'Côtes-d’Armor', 'France', 26374, 'INSEE', '2720863951247 19', '03-82-19-25-29'],
  ['GB', 'Siân', 'Llewellyn-Jones', 6, 'Church Road', 'St Albans', 'County Fermanagh', 'United Kingdom', 'TG8X 8EJ', 'NINO', 'ST 08 14 40 N', '017683 58027'],
  ['IE', 'Róisín', "O'Brien", 9012, 'Dame Street', 'Dún Laoghaire', 'Galway City', 'Ireland', 41264, 'PPS', '3051472T', '061-346-0942'],
  // As the web has it: a mark of its own after the letter, and a street that somebody decorated.
  ['IN', 'Ru\u0301pa', 'Nāyak', 4417, 'Rajbhavan Rd 🏡👩🏽‍🌾', 'Tiruvottiyur', 'Andaman and Nicobar Islands', 'India', 95386, 'UIDAI', '519346273204', '7861054532'],
  ['IR', 'آیناز', 'محمدخان', 8187, 'میدان ۱۵ خرداد', 'خرم‌آباد', 'آذربایجان شرقی', 'Iran', 34519, '', null, '086-86413225'],
  ['MX', 'María del Carmen', 'Peña', 7021, 'Calle Nayarit', 'Cárdenas', 'Michoacán de Ocampo', 'Mexico', 83562, 'NSS', '51 28 43 8157 7', '(689) 703 3158'],
  ['NL', 'Daniëlle', "van 't Hof", 48, '’t Zand', "'s-Gravenmoer", 'Fryslân', 'Netherlands', '3431 ZX', 'BSN', '01846207', '(0817) 209317'],
  ['NO', 'Bjørn', 'Ødegård', 6690, 'Ø. Bråten', 'Måløy', 'Trøndelag - Trööndelage', 'Norway', '0577', 'FN', '27127124537', '36583103'],
  ['NZ', 'Aroha', 'Ngāti', 3140, 'Karangahape Road', 'Whanganui', "Hawke's Bay", 'New Zealand', 65148, '', null, '(203)-106-1870'],
  ['RS', 'Драгослав', 'Ђурђевић', 2, 'Милоша Обилића', 'Нови Кнежевац', 'Šumadija', 'Serbia', 46723, 'SID', '580127395', '019-2561-842'],
  ['TR', 'Işıl', 'Ağaoğlu', 7533, 'Istiklal Cd', 'Kırşehir', 'Iğdır', 'Turkey', 93562, '', null, '(506)-410-6913'],
  ['UA', 'Ї\u0301ванна', 'Щербаківська', 8320, 'Олександра Довженка', 'Дніпро', 'Хмельницька', 'Ukraine', 51684, '', null, '(096) B39-7165'],
  ['US', 'Sh\u0327e\u0308ri', 'St. John-Smythe III', 8929, 'Valwood Pkwy', "Coeur d'Alene", 'New York', 'United States', 501, 'SSN', '405-88-3636', '(272) 790-0888'],
] as const;

/** The body of an answer with one user, as the API sends it. */
function answer(index: number): Buffer {
  const [nat, first, last, number, name, city, state, country, postcode, idName, idValue, phone] =
    users[index]!;
  const result = {
    gender: index % 2 === 0 ? 'female' : 'male',
    name: { title: 'Mx', first, last },
    location: {
      street: { number, name },
      ...{ city, state, country, postcode },
      coordinates: { latitude: '-69.8246', longitude: '134.8719' },
      timezone: { offset: '+9:30', description: 'Adelaide, Darwin' },
    },
    email: `user${index}@example.com`,
    login: { uuid: uuidOf(index), username: 'lazygorilla217', password: 'p', salt: 's', sha256: 'd' },
    dob: { date: '1972-12-29T18:31:00.123Z', age: 50 },
    registered: { date: '2016-03-05T12:05:38.456Z', age: 6 },
    ...{ phone, cell: phone, id: { name: idName, value: idValue } },
    picture: { large: 'https://randomuser.me/api/portraits/women/7.jpg', medium: 'm', thumbnail: 't' },
    nat,
  };
  return Buffer.from(
    JSON.stringify({ results: [result], info: { seed: 's', results: 1, page: 1, version: '1.4' } }),
  );
}

function uuidOf(index: number): string {
  return `7a0eed16-9430-4d68-901f-c0d4c1c3bf${String(index).padStart(2, '0')}`;
}

function mapped(index: number): UserRecord {
  const { results } = JSON.parse(answer(index).toString()) as { results: readonly unknown[] };
  return mapRandomUser(results[0], { passwordPolicy: 'sha256' });
}

it('there is a user of each of the 21 nationalities', () => {
  expect(new Set(users.map(([nationality]) => nationality)).size).toBe(21);
});

describe.each(users.map(([nationality], index) => [nationality, index] as const))(
  'a user of %s',
  (nat, index) => {
    const [, first, last, number, street, city, state, country, postcode, , , phone] = users[index]!;
    const position = { partition: 3, offset: 9_007_199_254_740_993n, timestamp: 1_700_000_000_123 };

    it('has every text as it was written', () => {
      expect(mapped(index)).toStrictEqual({
        first_name: first,
        last_name: last,
        gender: index % 2 === 0 ? 'female' : 'male',
        street: `${number} ${street}`,
        ...{ city, state, country },
        postcode: String(postcode),
        latitude: -69.8246,
        longitude: 134.8719,
        email: `user${index}@example.com`,
        uuid: uuidOf(index),
        username: 'lazygorilla217',
        password: 'sha256:s:d',
        birthdate: Date.UTC(1972, 11, 29, 18, 31, 0, 123),
        age: 50,
        registered_date: Date.UTC(2016, 2, 5, 12, 5, 38, 456),
        ...{ phone, cell: phone },
        picture: 'https://randomuser.me/api/portraits/women/7.jpg',
        nationality: nat,
      });
    });

    it('is the same user after the journey as a message, and as a row', () => {
      const record = mapped(index);
      const read = jsonDecoder<UserRecord>(userRecordSchema).decode(
        jsonEncoder<UserRecord>(userRecordSchema).encode(record),
      );
      expect(read).toStrictEqual(record);
      expect(parseUserKey(Buffer.from(userKey(read)))).toBe(uuidOf(index));

      const row = enrichUser(read, position);
      recordValidator(userRowSchema)(row);
      expect(row).toMatchObject({
        ...record,
        full_name: `${first} ${last}`,
        email_domain: 'example.com',
        age_group: '45-54',
      });
      const rows = jsonDecoder<UserRow>(userRowSchema);
      expect(rows.decode(jsonEncoder<UserRow>(userRowSchema).encode(row))).toStrictEqual(row);
    });
  },
);
