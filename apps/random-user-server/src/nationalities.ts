import type { Faker } from '@faker-js/faker';
// One locale a line: the index of the package would load all of them, which costs start-up time and memory.
import { faker as da } from '@faker-js/faker/locale/da';
import { faker as de } from '@faker-js/faker/locale/de';
import { faker as deCH } from '@faker-js/faker/locale/de_CH';
import { faker as en } from '@faker-js/faker/locale/en';
import { faker as enAU } from '@faker-js/faker/locale/en_AU';
import { faker as enCA } from '@faker-js/faker/locale/en_CA';
import { faker as enGB } from '@faker-js/faker/locale/en_GB';
import { faker as enIE } from '@faker-js/faker/locale/en_IE';
import { faker as enIN } from '@faker-js/faker/locale/en_IN';
import { faker as enUS } from '@faker-js/faker/locale/en_US';
import { faker as es } from '@faker-js/faker/locale/es';
import { faker as esMX } from '@faker-js/faker/locale/es_MX';
import { faker as fa } from '@faker-js/faker/locale/fa';
import { faker as fi } from '@faker-js/faker/locale/fi';
import { faker as fr } from '@faker-js/faker/locale/fr';
import { faker as nbNO } from '@faker-js/faker/locale/nb_NO';
import { faker as nl } from '@faker-js/faker/locale/nl';
import { faker as ptBR } from '@faker-js/faker/locale/pt_BR';
import { faker as srLatin } from '@faker-js/faker/locale/sr_RS_latin';
import { faker as tr } from '@faker-js/faker/locale/tr';
import { faker as uk } from '@faker-js/faker/locale/uk';

/** In a pattern `#` stands for a digit and `?` for a capital letter. */
type Pattern = string;

export interface Nationality {
  readonly country: string;
  /** Generates names and places. Shared: seed it before use. */
  readonly faker: Faker;
  /** A pattern where the API gives text, inclusive bounds where it gives a number. Default: 10000 to 99999. */
  readonly postcode?: Pattern | readonly [min: number, max: number];
  readonly phone: Pattern;
  readonly cell: Pattern;
  /** The national identity number: its name and form, without check digits. Absent where the API has none. */
  readonly id?: readonly [name: string, value: Pattern];
  /** Where faker calls the regions something else than states, or does not know them. */
  readonly region?: (faker: Faker) => string;
}

const NEW_ZEALAND_REGIONS = [
  ...[
    'Auckland',
    'Bay of Plenty',
    'Canterbury',
    'Gisborne',
    "Hawke's Bay",
    'Manawatu-Wanganui',
    'Marlborough',
  ],
  ...[
    'Nelson',
    'Northland',
    'Otago',
    'Southland',
    'Taranaki',
    'Tasman',
    'Waikato',
    'Wellington',
    'West Coast',
  ],
];

/** The nationalities of RandomUser 1.4: https://randomuser.me/documentation#nationalities */
export const nationalities = {
  AU: {
    country: 'Australia',
    faker: enAU,
    postcode: [200, 9999],
    phone: '0#-####-####',
    cell: '04##-###-###',
    id: ['TFN', '#########'],
  },
  BR: {
    country: 'Brazil',
    faker: ptBR,
    phone: '(##) ####-####',
    cell: '(##) ####-####',
    id: ['CPF', '###.###.###-##'],
  },
  CA: {
    country: 'Canada',
    faker: enCA,
    postcode: '?#? #?#',
    phone: '?## ?##-####',
    cell: '?## ?##-####',
    id: ['SIN', '#########'],
  },
  CH: {
    country: 'Switzerland',
    faker: deCH,
    postcode: [1000, 9999],
    phone: '07# ### ## ##',
    cell: '07# ### ## ##',
    id: ['AVS', '756.####.####.##'],
  },
  DE: {
    country: 'Germany',
    faker: de,
    phone: '0###-#######',
    cell: '017#-#######',
    id: ['SVNR', '## ###### ? ###'],
  },
  DK: { country: 'Denmark', faker: da, phone: '########', cell: '########', id: ['CPR', '######-####'] },
  ES: { country: 'Spain', faker: es, phone: '9##-###-###', cell: '6##-###-###', id: ['DNI', '########-?'] },
  FI: {
    country: 'Finland',
    faker: fi,
    phone: '0#-###-###',
    cell: '04#-###-##-##',
    id: ['HETU', 'NN######-####'],
  },
  FR: {
    country: 'France',
    faker: fr,
    phone: '0#-##-##-##-##',
    cell: '06-##-##-##-##',
    id: ['INSEE', '############# ##'],
  },
  GB: {
    country: 'United Kingdom',
    faker: enGB,
    postcode: '??# #??',
    phone: '01### ######',
    cell: '07### ######',
    id: ['NINO', '?? ## ## ## ?'],
    region: (faker) => faker.location.county(),
  },
  IE: {
    country: 'Ireland',
    faker: enIE,
    phone: '0#1-###-####',
    cell: '081-###-####',
    id: ['PPS', '#######T'],
    region: (faker) => faker.location.county(),
  },
  IN: {
    country: 'India',
    faker: enIN,
    phone: '7#########',
    cell: '9#########',
    id: ['UIDAI', '############'],
  },
  IR: { country: 'Iran', faker: fa, phone: '0##-########', cell: '09##-###-####' },
  MX: {
    country: 'Mexico',
    faker: esMX,
    phone: '(6##) ### ####',
    cell: '(6##) ### ####',
    id: ['NSS', '## ## ## #### #'],
  },
  NL: {
    country: 'Netherlands',
    faker: nl,
    postcode: '#### ??',
    phone: '(0##) #######',
    cell: '(06) ########',
    id: ['BSN', '########'],
  },
  NO: {
    country: 'Norway',
    faker: nbNO,
    postcode: '####',
    phone: '2#######',
    cell: '4#######',
    id: ['FN', '###########'],
  },
  NZ: {
    country: 'New Zealand',
    faker: en,
    phone: '(###)-###-####',
    cell: '(###)-###-####',
    region: (faker) => faker.helpers.arrayElement(NEW_ZEALAND_REGIONS),
  },
  RS: {
    country: 'Serbia',
    faker: srLatin,
    phone: '0##-####-###',
    cell: '06#-####-###',
    id: ['SID', '#########'],
  },
  TR: { country: 'Turkey', faker: tr, phone: '(###)-###-####', cell: '(###)-###-####' },
  UA: { country: 'Ukraine', faker: uk, phone: '(067) ?##-####', cell: '(098) ?##-####' },
  US: {
    country: 'United States',
    faker: enUS,
    phone: '(###) ###-####',
    cell: '(###) ###-####',
    id: ['SSN', '###-##-####'],
  },
} as const satisfies Record<string, Nationality>;

export type NationalityCode = keyof typeof nationalities;

export const nationalityCodes = Object.keys(nationalities) as readonly NationalityCode[];

export function isNationalityCode(code: string): code is NationalityCode {
  return Object.hasOwn(nationalities, code);
}
