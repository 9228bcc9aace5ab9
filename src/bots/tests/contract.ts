import { z } from 'zod'
import { defineErrors } from '../../platform/errors.ts'
import { endpoint } from '../../platform/http/contract.ts'
import { BotPath, ok } from '../envelope.ts'
import { BotErrors } from '../errors.ts'
import { Run } from '../runs/contract.ts'
import { CallbackBody, InlineBody, MemberBody, MessageBody, Person } from '../simulator/contract.ts'

const { BOT_NOT_FOUND, COMMAND_NOT_FOUND } = BotErrors

export const TestErrors = defineErrors({
  TEST_NOT_FOUND: [404, 'Test not found'],
  TEST_LIMIT_REACHED: [403, 'This bot has as many tests as it may have. Delete one first'],
  TEST_TOO_LARGE: [413, 'A test may have 256 KB at most'],
  TEST_CONVERSATION_EMPTY: [409, 'There is no conversation to make a test of. Write to the bot on its simulator first'],
  TEST_DATA_TOO_LARGE: [413, 'The bot keeps too much to copy it for a test: at most 32 MB. Set data to "empty"'],
  TEST_UPDATE_INVALID: [400, 'Give a command, an update, or both'],
  TESTS_BUSY: [503, 'Other tests are running. Try again in a moment'],
})

const Anything = z.record(z.string(), z.unknown())

export const TestData = z
  .enum(['empty', 'live'])
  .describe('What the code finds kept: nothing, or a copy of what the bot keeps now.')

/** What a person is to see, in its place among the messages of a step. */
export const Expectation = z.object({
  rule: z
    .enum(['exact', 'contains', 'ignore'])
    .default('exact')
    .describe('`ignore`: there is a message, whatever it says.'),
  text: z.string().max(4096).default('').describe('The text or the caption; what is neither reads `[photo]`.'),
  buttons: z
    .array(z.array(z.string()))
    .max(100)
    .optional()
    .describe('Texts of buttons by row; not compared unless given.'),
})
export type Expectation = z.infer<typeof Expectation>

const expect = z.array(Expectation).max(50).default([])

/** One thing that a person does, and what is to be seen then. */
export const Step = z.discriminatedUnion('act', [
  z.object({ act: z.literal('message'), body: MessageBody, expect }),
  z.object({
    act: z.literal('callback'),
    body: CallbackBody.omit({ message_id: true }).describe('The newest message with such a button is meant.'),
    expect,
  }),
  z.object({ act: z.literal('member'), body: MemberBody, expect }),
  z.object({ act: z.literal('inline'), body: InlineBody, expect }),
  z.object({ act: z.literal('update'), body: Anything, expect }),
])
export type Step = z.infer<typeof Step>

export const TestBody = z.object({ data: TestData.default('empty'), steps: z.array(Step).min(1).max(100) })
export type TestBody = z.infer<typeof TestBody>

const Test = z
  .object({
    id: z.string(),
    name: z.string(),
    data: TestData,
    steps: z.array(Step),
    last_passed: z.boolean().nullable().describe('Null until it has run.'),
    last_run_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'BotTest' })
export type Test = z.infer<typeof Test>

/** A message as a person sees it. */
const Seen = z.object({ text: z.string(), buttons: z.array(z.array(z.string())), edited: z.boolean() })
export type Seen = z.infer<typeof Seen>

const Difference = z.object({
  kind: z.enum(['missing', 'unexpected', 'different']),
  position: z.int().describe('0-based, among the messages of the step.'),
  expected: Expectation.nullable(),
  seen: Seen.nullable(),
})
export type Difference = z.infer<typeof Difference>

const StepResult = z.object({
  position: z.int(),
  act: z.string(),
  passed: z.boolean(),
  problem: z.string().nullable().describe('Why the step could not be done, or how its command failed.'),
  seen: z.array(Seen),
  differences: z.array(Difference),
  run: Run.nullable(),
})
export type StepResult = z.infer<typeof StepResult>

export const TestResult = z
  .object({
    id: z.string(),
    name: z.string(),
    passed: z.boolean(),
    duration_ms: z.number(),
    steps: z.array(StepResult),
  })
  .meta({ id: 'BotTestResult' })
export type TestResult = z.infer<typeof TestResult>

const TestPath = BotPath.extend({ testid: z.string().max(64) })
const Name = z.string().trim().min(1).max(100)

export const createTest = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/tests',
  scope: 'bots:write',
  summary: 'Save a conversation as a test',
  description:
    'Without `steps`, the steps are what a person has done in a chat of the simulator, and expected is what the code answers to that now, in a copy of the bot.',
  params: BotPath,
  body: z.object({
    name: Name,
    data: TestData.default('empty'),
    steps: TestBody.shape.steps.optional(),
    chat_id: z.int().optional().describe('Whose conversation; the chat of the default user unless given.'),
  }),
  returns: [200, ok(Test)],
  errors: {
    BOT_NOT_FOUND,
    BOT_NOT_SIMULATED: BotErrors.BOT_NOT_SIMULATED,
    TEST_LIMIT_REACHED: TestErrors.TEST_LIMIT_REACHED,
    TEST_TOO_LARGE: TestErrors.TEST_TOO_LARGE,
    TEST_CONVERSATION_EMPTY: TestErrors.TEST_CONVERSATION_EMPTY,
    TEST_DATA_TOO_LARGE: TestErrors.TEST_DATA_TOO_LARGE,
    TESTS_BUSY: TestErrors.TESTS_BUSY,
  },
})

export const listTests = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/tests',
  scope: 'bots:read',
  summary: 'List the tests of a bot',
  params: BotPath,
  returns: [200, ok(z.object({ tests: z.array(Test) }))],
  errors: { BOT_NOT_FOUND },
})

export const getTest = endpoint({
  method: 'GET',
  path: '/v2/bots/:botid/tests/:testid',
  scope: 'bots:read',
  summary: 'Get a test',
  params: TestPath,
  returns: [200, ok(Test)],
  errors: { BOT_NOT_FOUND, TEST_NOT_FOUND: TestErrors.TEST_NOT_FOUND },
})

export const updateTest = endpoint({
  method: 'PUT',
  path: '/v2/bots/:botid/tests/:testid',
  scope: 'bots:write',
  summary: 'Change a test',
  params: TestPath,
  body: z.object({
    name: Name.optional(),
    data: TestData.optional(),
    steps: TestBody.shape.steps.optional(),
  }),
  returns: [200, ok(Test)],
  errors: { BOT_NOT_FOUND, TEST_NOT_FOUND: TestErrors.TEST_NOT_FOUND, TEST_TOO_LARGE: TestErrors.TEST_TOO_LARGE },
})

export const deleteTest = endpoint({
  method: 'DELETE',
  path: '/v2/bots/:botid/tests/:testid',
  scope: 'bots:write',
  summary: 'Delete a test',
  params: TestPath,
  returns: [200, ok(z.literal('Test deleted successfully'))],
  errors: { BOT_NOT_FOUND, TEST_NOT_FOUND: TestErrors.TEST_NOT_FOUND },
})

const runErrors = {
  BOT_NOT_FOUND,
  TEST_DATA_TOO_LARGE: TestErrors.TEST_DATA_TOO_LARGE,
  TESTS_BUSY: TestErrors.TESTS_BUSY,
}

export const runTest = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/tests/:testid/run',
  scope: 'bots:write',
  summary: 'Run a test',
  description:
    'In a copy of the bot with chats of its own: nothing that the bot keeps changes, and nobody is written to.',
  params: TestPath,
  returns: [200, ok(TestResult)],
  errors: { ...runErrors, TEST_NOT_FOUND: TestErrors.TEST_NOT_FOUND },
})

export const runTests = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/tests/run',
  scope: 'bots:write',
  summary: 'Run all tests of a bot',
  description:
    'One after the other, each in a copy of its own. Those that two minutes are too short for are named in `left`.',
  params: BotPath,
  returns: [
    200,
    ok(
      z.object({
        passed: z.int(),
        failed: z.int(),
        tests: z.array(TestResult),
        left: z.array(z.string()).describe('Ids of tests that were not run.'),
      }),
    ),
  ],
  errors: runErrors,
})

export const Effect = z
  .object({
    kind: z.enum(['data', 'resource', 'wait', 'timer', 'broadcast', 'webhook', 'command', 'user', 'bot']),
    name: z.string(),
    before: z.unknown().nullable(),
    after: z.unknown().nullable(),
  })
  .meta({ id: 'BotTestEffect' })
export type Effect = z.infer<typeof Effect>

export const tryCommand = endpoint({
  method: 'POST',
  path: '/v2/bots/:botid/test',
  scope: 'bots:write',
  summary: 'Run a command once, in a copy of the bot, and see everything that it would do',
  description:
    'Nothing that the bot keeps changes, and Telegram hears nothing of it. With a command, that one runs whatever the update says; without, the one that the update is for. Requests to other servers are refused unless `allow_http` is set.',
  params: BotPath,
  body: z.object({
    command: z.string().max(256).optional(),
    params: z.string().max(4096).optional(),
    code: z
      .string()
      .max(262_144)
      .optional()
      .describe('Instead of what the command has now; the command need not exist.'),
    update: Anything.optional().describe('As Telegram sends it; a message with the command as its text unless given.'),
    user: Person.optional(),
    data: TestData.default('live'),
    allow_http: z.boolean().default(false),
  }),
  returns: [
    200,
    ok(
      z.object({
        run: Run.nullable().describe('Null when no command is for the update.'),
        messages: z.array(Anything).describe('Written or edited by the bot, in any chat.'),
        effects: z.array(Effect),
      }),
    ),
  ],
  errors: { ...runErrors, COMMAND_NOT_FOUND, TEST_UPDATE_INVALID: TestErrors.TEST_UPDATE_INVALID },
})

export const testContracts = [
  createTest,
  listTests,
  getTest,
  updateTest,
  deleteTest,
  runTest,
  runTests,
  tryCommand,
] as const
