import type { CardDraft } from '../../src/cards/cards/service.ts'

export interface Topic {
  readonly query: string
  /** What the best card is called, and a sentence of another one about the same. */
  readonly title: string
  readonly about: string
  /** Something that only sounds like it. */
  readonly other: string
}

const topic = (query: string, title: string, about: string, other: string): Topic => ({ query, title, about, other })

/** Our own sentences, each with what somebody would type to find it again. */
export const TOPICS: readonly Topic[] = [
  topic(
    'lentil soup',
    'Red lentil soup with cumin',
    'A lentil soup keeps three days and freezes well.',
    'Lentils in a salad, no broth.',
  ),
  topic(
    'sourdough starter',
    'Feeding a sourdough starter',
    'My sourdough starter doubles in five hours.',
    'The starter of the old car is broken.',
  ),
  topic(
    'bike tire',
    'Mending a bike tire on the road',
    'The bike tire size is 28 inches.',
    'Winter tires for the van.',
  ),
  topic(
    'tax return',
    'Documents for the tax return',
    'The tax return is due at the end of July.',
    'Return the shoes to the shop.',
  ),
  topic('rent contract', 'Rent contract of the flat', 'Our rent contract ends in spring.', 'Car to rent in Porto.'),
  topic(
    'passport renewal',
    'Passport renewal checklist',
    'For the passport renewal bring two photos.',
    'Library card renewal.',
  ),
  topic(
    'garden tomatoes',
    'When to plant garden tomatoes',
    'The garden tomatoes need more shade.',
    'Tomatoes for the pizza.',
  ),
  topic(
    'piano lesson',
    'Piano lesson with Clara',
    'The piano lesson moves to Thursday.',
    'A lesson learned the hard way.',
  ),
  topic(
    'typescript generics',
    'TypeScript generics by example',
    'Constraints make TypeScript generics readable.',
    'Generic drugs are cheaper.',
  ),
  topic(
    'postgres index',
    'Choosing a Postgres index',
    'A partial Postgres index made the list fast.',
    'Index of the cookbook.',
  ),
  topic(
    'docker volumes',
    'Backing up Docker volumes',
    'Named Docker volumes survive an update.',
    'The volumes of an encyclopedia.',
  ),
  topic(
    'git rebase',
    'Git rebase without fear',
    'After a git rebase force-push with lease.',
    'A base camp near the lake.',
  ),
  topic('css grid', 'CSS grid areas', 'A CSS grid needs no wrapper elements.', 'The power grid failed twice.'),
  topic(
    'kubernetes ingress',
    'Kubernetes ingress and certificates',
    'One Kubernetes ingress serves both hosts.',
    'Ingress of water in the cellar.',
  ),
  topic(
    'wedding guests',
    'Wedding guests by table',
    'Two wedding guests are vegetarian.',
    'Guests for the sauna on Friday.',
  ),
  topic(
    'birthday gift anna',
    'Birthday gift for Anna',
    'A birthday gift that Anna wanted: a lamp.',
    'Anna moves to Graz.',
  ),
  topic('hiking boots', 'Hiking boots that last', 'Wax the hiking boots twice a year.', 'Boots the server again.'),
  topic(
    'train lisbon',
    'Train from Porto to Lisbon',
    'The night train to Lisbon no longer runs.',
    'Train the puppy daily.',
  ),
  topic('sleep better', 'How to sleep better', 'People sleep better in cool rooms.', 'Sleep mode of the laptop.'),
  topic(
    'knee exercises',
    'Knee exercises after the fall',
    'Do the knee exercises every morning.',
    'Exercises in grammar.',
  ),
  topic(
    'coffee grinder',
    'Coffee grinder with a hand crank',
    'Clean the coffee grinder with rice.',
    'Coffee with Jonas at ten.',
  ),
  topic(
    'espresso ratio',
    'Espresso ratio and time',
    'An espresso ratio of one to two is a good start.',
    'The ratio of the screen.',
  ),
  topic(
    'chess opening',
    'A chess opening for beginners',
    'The London is a solid chess opening.',
    'Opening hours of the pool.',
  ),
  topic(
    'guitar chords',
    'Guitar chords of the chorus',
    'Barre guitar chords hurt at first.',
    'Chords of a circle in geometry.',
  ),
  topic(
    'moon photography',
    'Moon photography with a long lens',
    'For moon photography use a tripod.',
    'Full moon on the third.',
  ),
  topic(
    'watercolor paper',
    'Watercolor paper compared',
    'Cold pressed watercolor paper is rough.',
    'Paper for the printer.',
  ),
  topic('insurance claim', 'Insurance claim for the window', 'Photos help an insurance claim.', 'To claim a lost bag.'),
  topic(
    'dentist appointment',
    'Dentist appointment in June',
    'Move the dentist appointment to the afternoon.',
    'An appointment with the bank.',
  ),
  topic(
    'vaccination record',
    'Vaccination record of the dog',
    'The vaccination record is in the blue folder.',
    'A record by Nina Simone.',
  ),
  topic(
    'electric car range',
    'Electric car range in winter',
    'Cold costs an electric car a fifth of its range.',
    'A mountain range in the north.',
  ),
  topic('solar panels', 'Solar panels on a flat roof', 'The solar panels pay off in nine years.', 'Panels of a comic.'),
  topic(
    'heat pump noise',
    'Heat pump noise at night',
    'Rubber feet lower the noise of a heat pump.',
    'Noise of the street.',
  ),
  topic(
    'remote interview',
    'Remote interview questions',
    'Test the camera before a remote interview.',
    'The remote of the television.',
  ),
  topic(
    'salary negotiation',
    'Salary negotiation notes',
    'Name a range in a salary negotiation.',
    'Negotiation about the fence.',
  ),
  topic('quarterly report', 'Quarterly report draft', 'The quarterly report needs a chart.', 'Report a fault.'),
  topic('team retreat', 'Team retreat in the hills', 'The team retreat has three workshops.', 'The team lost again.'),
  topic(
    'stoic philosophy',
    'Stoic philosophy in short',
    'Stoic philosophy asks what is up to us.',
    'Philosophy of the brand.',
  ),
  topic('black holes', 'Black holes explained', 'Black holes evaporate slowly.', 'Holes in the black socks.'),
  topic('roman history', 'Roman history podcast', 'Roman history is a history of roads.', 'History of the browser.'),
  topic(
    'bird feeder',
    'Bird feeder for the balcony',
    'Hang the bird feeder away from the cat.',
    'Feeder of the scanner.',
  ),
  topic(
    'cat food allergy',
    'Cat food for an allergy',
    'Duck is a cat food that causes no allergy.',
    'Allergy to birch pollen.',
  ),
  topic('wifi password', 'WiFi password of the cabin', 'The WiFi password is on the fridge.', 'A password manager.'),
  topic('router firmware', 'Router firmware update', 'New router firmware fixed the drops.', 'A router for wood.'),
  topic(
    'backup strategy',
    'Backup strategy at home',
    'A backup strategy has three copies.',
    'The strategy of the game.',
  ),
  topic(
    'crème brûlée',
    'Crème brûlée without a torch',
    'Rest the crème brûlée in the fridge over night.',
    'Crème fraîche for the tart.',
  ),
  topic(
    'recette ratatouille',
    'Recette de la ratatouille',
    'Une recette simple : ratatouille au four.',
    'Recettes et dépenses du mois.',
  ),
  topic('vacances bretagne', 'Vacances en Bretagne', 'La Bretagne est belle hors des vacances.', 'Vacances scolaires.'),
  topic('zugfahrt wien', 'Zugfahrt nach Wien', 'Die Zugfahrt nach Wien dauert vier Stunden.', 'Wiener Schnitzel.'),
  topic(
    'steuererklärung',
    'Steuererklärung 2025',
    'Die Steuererklärung braucht den Lohnzettel.',
    'Erklärung der Regeln.',
  ),
  topic('kartoffelsalat', 'Kartoffelsalat wie bei Oma', 'Zum Kartoffelsalat passt Essig.', 'Salat aus dem Garten.'),
  topic('receta paella', 'Receta de paella', 'La receta de paella lleva azafrán.', 'Receta del médico.'),
  topic('clases español', 'Clases de español', 'Las clases de español son los lunes.', 'Vino español.'),
  topic('ricetta tiramisù', 'Ricetta del tiramisù', 'Una ricetta di tiramisù senza uova.', 'Ricetta medica.'),
  topic('viaggio sicilia', 'Viaggio in Sicilia', 'Un viaggio in Sicilia a maggio.', 'Arance di Sicilia.'),
  topic('рецепт борща', 'Рецепт борща', 'Этот рецепт борща от бабушки.', 'Рецепт от врача.'),
  topic('поездка в москву', 'Поездка в Москву', 'Билеты на поездку: поездка в Москву зимой.', 'Поездка на дачу.'),
  topic('東京 旅行', '東京旅行の計画', '来年は東京へ旅行に行きます。', '京都の旅行'),
  topic('日本語', '日本語の勉強', '毎日日本語を読む。', '本日の予定'),
  topic('北京烤鸭', '北京烤鸭的做法', '最好吃的北京烤鸭在哪里', '北京的天气'),
  topic('서울 여행', '서울 여행 계획', '가을에 서울 여행 가기', '부산 여행'),
  topic('ช้าง', 'ช้างไทย', 'ไปดูช้างที่เชียงใหม่', 'แมวไทย'),
  topic('mulligatwany', 'Mulligatawny in a pot', 'The mulligatawny was too hot.', 'Curry powder is empty.'),
]

const FILLER =
  'Called the office about the delivery, walked by the river, and wrote down what was left to do before the weekend.'

/** Nine cards of each topic, graded 3 for what is sought down to 0 for what only sounds like it. */
export const judgedCards = (): { readonly draft: CardDraft; readonly topic: number; readonly grade: number }[] =>
  TOPICS.flatMap(({ title, about, other }, topic) => [
    { topic, grade: 0, draft: { content: `${other} ${FILLER}` } },
    { topic, grade: 3, draft: { cardType: 'text' as const, content: title } },
    { topic, grade: 0, draft: { content: other } },
    { topic, grade: 2, draft: { content: about } },
    { topic, grade: 1, draft: { content: `${FILLER} ${FILLER} ${about} ${FILLER}` } },
    { topic, grade: 0, draft: { content: FILLER, tags: ['diary'] } },
    { topic, grade: 2, draft: { content: FILLER, notes: title } },
    { topic, grade: 3, draft: { content: `${title}. ${about}` } },
    { topic, grade: 0, draft: { url: `https://example.org/${topic}`, notes: other } },
  ])
