import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { after, describe, it } from 'node:test'
import { inspect } from 'node:util'
import type { EmulatorOptions } from './emulator/emulator.ts'
import { ada } from './emulator/fixture.ts'
import { startEmulator } from './emulator/server.ts'
import { SourceSizeError, TelegramFileError, telegramFiles } from './files.ts'

const channel = { id: -1_000_000_000_777, type: 'channel', title: 'Parts' } as const
const MIB = 1024 * 1024
const token = '123456789:AAsecret-secret-secret'

describe('Telegram files', () => {
  const closing: (() => void)[] = []
  after(() => {
    for (const close of closing) close()
  })

  const withChannel = async (options: Partial<EmulatorOptions> = {}) => {
    const server = await startEmulator(options)
    const { emulator, apiRoot } = server
    const { id: botId, token } = emulator.addBot({ username: 'keeper_bot', firstName: 'Keeper' })
    emulator.openChat({ botId, user: ada, chat: channel })
    const files = telegramFiles({ apiRoot, timeouts: { idleMs: 5000 } })
    closing.push(files.close, server.close)
    const chatId = channel.id
    const send = (bytes: Buffer, more = {}) => {
      const source = piecesOf(bytes)
      return files.sendDocument({ token, chatId, fileName: 'a.bin', sizeBytes: bytes.byteLength, source, ...more })
    }
    const fetchBytes = async (fileId: string, part: { from?: number; to?: number } = {}) => {
      const { filePath } = await files.getFile({ token, fileId })
      return readAll(await files.download({ token, filePath, ...part }))
    }
    const failure = (call: Promise<unknown>) => failureOf(call, token)
    return { emulator, apiRoot, botId, token, files, chatId, send, fetchBytes, failure }
  }

  async function* piecesOf(bytes: Buffer, pieceBytes = 256 * 1024): AsyncIterable<Buffer> {
    for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
  }
  const readAll = async (stream: Readable) => Buffer.concat(await stream.toArray())

  const failureOf = async (call: Promise<unknown>, token: string) => {
    const error = await call.then(
      () => assert.fail('the call succeeded'),
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof TelegramFileError, inspect(error))
    assert.ok(!inspect(error, { depth: 10 }).includes(token.slice(12)))
    return error
  }

  it('sends a file and gets the same bytes back', async () => {
    const { send, fetchBytes, emulator, botId, chatId } = await withChannel()
    const bytes = randomBytes(3 * MIB + 17)

    const sent = await send(bytes, { caption: '<b>1 of 2</b>' })

    assert.deepEqual([sent.sizeBytes, (await fetchBytes(sent.fileId)).equals(bytes)], [bytes.byteLength, true])
    const [message] = emulator.transcript(botId, chatId)
    assert.deepEqual([message?.message_id, message?.caption], [sent.messageId, '<b>1 of 2</b>'])
    assert.partialDeepStrictEqual(message, { document: { file_name: 'a.bin' } })
  })

  it('sends names and captions with any characters in them', async () => {
    const { send, emulator, botId, chatId } = await withChannel()
    const fileName = 'ж "q"; x=1.bin'

    await send(Buffer.from('x'), { fileName, caption: 'ж\n"2"' })

    const [message] = emulator.transcript(botId, chatId)
    const file_name = fileName.replaceAll('"', '%22')
    assert.partialDeepStrictEqual(message, { caption: 'ж\n"2"', document: { file_name } })
  })

  for (const servesRanges of [true, false]) {
    it(`reads a part of a file where the server ${servesRanges ? 'knows' : 'knows no'} ranges`, async () => {
      const { send, fetchBytes } = await withChannel({ rules: { servesRanges } })
      const bytes = randomBytes(2 * MIB)
      const { fileId } = await send(bytes)

      for (const [from, to] of [
        [0, 0],
        [5, 1_500_000],
        [MIB, 2 * MIB - 1],
        [2 * MIB - 1, undefined],
        [17, undefined],
      ] as const) {
        const part = await fetchBytes(fileId, { from, ...(to !== undefined && { to }) })
        assert.ok(part.equals(bytes.subarray(from, (to ?? bytes.byteLength) + 1)), `${from}-${to}`)
      }
    })

    it(`refuses a part beyond the end where the server ${servesRanges ? 'knows' : 'knows no'} ranges`, async () => {
      const { send, fetchBytes, failure } = await withChannel({ rules: { servesRanges } })
      const { fileId } = await send(randomBytes(1000))

      assert.equal((await failure(fetchBytes(fileId, { from: 900, to: 1000 }))).reason, 'answer')
      assert.equal((await failure(fetchBytes(fileId, { from: 1000, to: 1000 }))).reason, 'answer')
    })
  }

  it('passes a large file on piece by piece, and stops when the reader has enough', async () => {
    const { send, files, token } = await withChannel()
    const bytes = randomBytes(12 * MIB)
    const { filePath } = await files.getFile({ token, fileId: (await send(bytes)).fileId })

    const stream = await files.download({ token, filePath })
    const [first] = await once(stream, 'data')
    stream.destroy()

    assert.ok(bytes.subarray(0, first.byteLength).equals(first))
    assert.ok((await readAll(await files.download({ token, filePath }))).equals(bytes))
  })

  it('reads from the disk of a local server when it is shared', async () => {
    const { send, files, token, apiRoot, failure } = await withChannel({ rules: { local: true } })
    const bytes = randomBytes(21 * MIB)
    const { filePath } = await files.getFile({ token, fileId: (await send(bytes)).fileId })
    const sharing = telegramFiles({ apiRoot, readsLocalPaths: true })
    closing.push(sharing.close)

    const part = await sharing.download({ token, filePath, from: 7, to: 20 * MIB })

    assert.ok((await readAll(part)).equals(bytes.subarray(7, 20 * MIB + 1)))
    assert.equal((await failure(files.download({ token, filePath }))).reason, 'answer')
    assert.equal((await failure(sharing.download({ token, filePath: '/nowhere' }))).reason, 'file')
  })

  it('forwards, pins, describes and deletes messages', async () => {
    const { send, files, token, chatId, emulator, botId } = await withChannel()
    const sent = await send(Buffer.from('first'), { caption: 'one' })

    const forwarded = await files.forwardMessage({ token, chatId, fromChatId: chatId, messageId: sent.messageId })
    await files.pinChatMessage({ token, chatId, messageId: sent.messageId })
    await files.editMessageCaption({ token, chatId, messageId: sent.messageId, caption: 'two' })
    await files.editMessageCaption({ token, chatId, messageId: sent.messageId, caption: 'two' })
    const chat = await files.getChat({ token, chatId })
    await files.deleteMessages({ token, chatId, messageIds: [forwarded.messageId, 999] })

    assert.deepEqual([forwarded.caption, forwarded.document?.fileId], ['one', sent.fileId])
    assert.deepEqual([chat.id, chat.type, chat.title], [chatId, 'channel', 'Parts'])
    assert.deepEqual([chat.pinnedMessage?.caption, chat.pinnedMessage?.document?.fileId], ['two', sent.fileId])
    const ids = emulator.transcript(botId, chatId).map(({ message_id }) => message_id)
    assert.ok(!ids.includes(forwarded.messageId) && ids.includes(sent.messageId))
  })

  it('gives each bot an id of its own for one file', async () => {
    const { send, files, token, chatId, emulator, apiRoot, failure } = await withChannel()
    const other = emulator.addBot({ username: 'other_bot', firstName: 'Other' })
    emulator.openChat({ botId: other.id, user: ada, chat: channel })
    const sent = await send(Buffer.from('shared'))

    const { document } = await files.forwardMessage({
      token: other.token,
      chatId,
      fromChatId: chatId,
      messageId: sent.messageId,
    })

    assert.equal(document?.fileUniqueId, sent.fileUniqueId)
    assert.notEqual(document?.fileId, sent.fileId)
    assert.equal((await failure(files.getFile({ token: other.token, fileId: sent.fileId }))).reason, 'file')
    const { filePath } = await files.getFile({ token: other.token, fileId: document?.fileId ?? '' })
    assert.equal(`${await readAll(await files.download({ token: other.token, filePath }))}`, 'shared')
    assert.equal((await fetch(`${apiRoot}/file/bot${token}/${filePath}`)).status, 404)
  })

  describe('failures', () => {
    it('are told apart by what to do about them', async () => {
      const { send, files, token, chatId, emulator, botId, failure } = await withChannel()
      const { fileId, messageId } = await send(Buffer.from('x'))
      const kinds = async (call: Promise<unknown>) => {
        const { reason, outcome } = await failure(call)
        return `${reason} ${outcome}`
      }
      const chat = (id: number | string) => kinds(files.getChat({ token, chatId: id }))

      assert.equal(await chat(-100), 'chat not-done')
      assert.equal(await kinds(files.getFile({ token, fileId: 'x' })), 'file not-done')
      assert.equal(await kinds(files.getFile({ token: `${token.slice(0, -1)}_`, fileId })), 'token not-done')
      assert.equal(await kinds(files.getFile({ token: 'x', fileId })), 'token not-done')
      assert.equal(await kinds(files.download({ token, filePath: 'documents/none' })), 'file not-done')
      assert.equal(await kinds(files.pinChatMessage({ token, chatId, messageId: 99 })), 'refused not-done')
      emulator.withholdRights(botId, chatId, botId, ['can_post_messages'])
      assert.equal(await kinds(send(Buffer.from('x'))), 'forbidden not-done')
      emulator.setMember(botId, chatId, botId, 'kicked')
      assert.equal(await kinds(send(Buffer.from('x'))), 'forbidden not-done')
      assert.equal(await chat(chatId), 'forbidden not-done')
      emulator.deleteChat(botId, chatId)
      assert.equal(await kinds(files.pinChatMessage({ token, chatId, messageId })), 'chat not-done')
    })

    it('say how long to wait, from the body or else from the header', async () => {
      const { send, emulator, failure } = await withChannel()
      const description = 'Too Many Requests: retry after 7'
      emulator.failNext('sendDocument', { errorCode: 429, description, retryAfterSeconds: 7 })
      emulator.failNext('sendDocument', { errorCode: 429, description, retryAfterSeconds: 8, html: true })

      for (const seconds of [7, 8]) {
        const { reason, outcome, retryAfterSeconds } = await failure(send(Buffer.from('x')))
        assert.deepEqual([reason, outcome, retryAfterSeconds], ['flood', 'not-done', seconds])
      }
    })

    it('name the chat that a group became', async () => {
      const { files, token, emulator, botId, failure } = await withChannel()
      const group = { id: -4001, type: 'group', title: 'Club' } as const
      emulator.openChat({ botId, user: ada, chat: group })
      const id = emulator.upgradeGroup(botId, group.id)

      const { reason, migrateToChatId } = await failure(files.getChat({ token, chatId: group.id }))

      assert.deepEqual([reason, migrateToChatId], ['migrated', id])
    })

    for (const htmlErrors of [false, true]) {
      it(`take a refusal of a body that is too large, in ${htmlErrors ? 'HTML' : 'JSON'}`, async () => {
        const { send, failure } = await withChannel({ rules: { htmlErrors } })

        const { reason, outcome, errorCode } = await failure(send(Buffer.alloc(51 * MIB)))

        assert.deepEqual([reason, outcome, errorCode], ['too-large', 'not-done', 413])
      })
    }

    it('are unclear when the server fails after the whole request has left', async () => {
      const { send, files, token, emulator, failure } = await withChannel()
      emulator.failNext('*', { errorCode: 502, description: 'Bad Gateway', html: true }, 2)

      const sent = await failure(send(Buffer.from('x')))
      const asked = await failure(files.getFile({ token, fileId: 'x' }))

      assert.deepEqual([sent.reason, sent.outcome, sent.errorCode], ['server', 'unknown', 502])
      assert.equal(asked.reason, 'server')
    })

    it('are unclear when the answer to an upload is lost', async () => {
      const { send, emulator, botId, chatId, failure } = await withChannel()
      emulator.dropReplyAfterWork('sendDocument')

      const { reason, outcome } = await failure(send(randomBytes(MIB)))

      assert.deepEqual([reason, outcome, emulator.transcript(botId, chatId).length], ['network', 'unknown', 1])
    })

    it('are clear when an upload breaks off', async () => {
      const { send, emulator, botId, chatId, failure } = await withChannel()
      emulator.cutUpload('sendDocument', MIB)

      const { reason, outcome } = await failure(send(randomBytes(16 * MIB)))

      assert.deepEqual([reason, outcome, emulator.transcript(botId, chatId).length], ['network', 'not-done', 0])
    })

    it('are clear when nobody listens', async () => {
      const files = telegramFiles({ apiRoot: 'http://127.0.0.1:1' })

      const { reason, outcome, networkCode } = await failureOf(files.getChat({ token, chatId: 1 }), token)

      assert.deepEqual([reason, outcome, networkCode], ['network', 'not-done', 'ECONNREFUSED'])
    })

    it('end a download that breaks off, and never shorten it', async () => {
      const { send, fetchBytes, emulator, failure } = await withChannel()
      const { fileId } = await send(randomBytes(3 * MIB))
      emulator.cutDownload(2 * MIB)

      const { reason, method } = await failure(fetchBytes(fileId))

      assert.deepEqual([reason, method], ['network', 'download'])
    })

    it('come in time when nothing moves', async () => {
      const { send, files, token, emulator, failure } = await withChannel()
      const { fileId } = await send(Buffer.from('x'))
      const { filePath } = await files.getFile({ token, fileId })
      const timeouts = { idleMs: 30 }
      emulator.setSpeed({ download: 1, backbone: 1 })

      const asked = await failure(files.getFile({ token, fileId, timeouts }))
      const read = await failure(files.download({ token, filePath, timeouts }).then(readAll))
      const sent = await failure(send(Buffer.from('x'), { timeouts: { totalMs: 30 } }))

      assert.deepEqual([asked.reason, read.reason], ['timeout', 'timeout'])
      assert.deepEqual([sent.reason, sent.outcome], ['timeout', 'unknown'])
    })

    it('in the source of an upload leave nothing behind', async () => {
      const { send, emulator, botId, chatId } = await withChannel()
      const bytes = randomBytes(MIB)
      const broken = new Error('the disk is gone')
      async function* failing() {
        yield bytes
        throw broken
      }

      await assert.rejects(send(bytes, { source: failing(), sizeBytes: 2 * MIB }), broken)
      await assert.rejects(send(bytes, { sizeBytes: MIB + 1 }), SourceSizeError)
      await assert.rejects(send(bytes, { sizeBytes: MIB - 1 }), SourceSizeError)

      assert.equal(emulator.transcript(botId, chatId).length, 0)
    })
  })

  it('ends a call whose signal is aborted, with the reason of the signal', async () => {
    const { send, files, token, emulator } = await withChannel()
    const { fileId } = await send(Buffer.from('x'))
    const { filePath } = await files.getFile({ token, fileId })
    emulator.setSpeed({ download: 1, backbone: 1 })
    const stop = new AbortController()
    const { signal } = stop

    const upload = assert.rejects(send(randomBytes(1000), { signal }), (reason) => reason === 'enough')
    const stream = await files.download({ token, filePath, signal })
    const read = assert.rejects(readAll(stream), { message: 'enough' })
    stop.abort('enough')

    await Promise.all([upload, read])
    await assert.rejects(send(Buffer.from('x'), { signal }), (reason) => reason === 'enough')
  })

  describe('with servers that misbehave', () => {
    const serve = async (handle: Parameters<typeof createServer>[1]) => {
      const server: Server = createServer(handle).listen(0, '127.0.0.1')
      await once(server, 'listening')
      closing.push(() => server.close().closeAllConnections())
      return telegramFiles({ apiRoot: `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix` })
    }
    it('keeps the token out of what they echo', async () => {
      const files = await serve((request, response) => {
        response.statusCode = 400
        response.end(JSON.stringify({ ok: false, error_code: 400, description: `bad ${request.url}` }))
      })

      const error = await failureOf(files.getFile({ token, fileId: 'x' }), token)

      assert.match(error.description, /^bad \/prefix\/bot<token>\/getFile$/)
    })

    it('takes an answer that is not the Bot API’s for unclear', async () => {
      const files = await serve((request, response) => {
        request.resume().on('end', () => response.end('<html>ok</html>'))
      })

      const source = piecesOf(Buffer.from('x'))
      const error = await failureOf(
        files.sendDocument({ token, chatId: 1, fileName: 'x', sizeBytes: 1, source }),
        token,
      )

      assert.deepEqual([error.reason, error.outcome], ['answer', 'unknown'])
    })

    it('asks once more over a new connection, where that does no harm', async () => {
      let requests = 0
      const files = await serve((request, response) => {
        requests += 1
        request.resume()
        if (requests === 2) request.socket.destroy()
        else response.end(JSON.stringify({ ok: true, result: { id: 1, type: 'channel' } }))
      })

      await files.getChat({ token, chatId: 1 })
      const chat = await files.getChat({ token, chatId: 1 })

      assert.deepEqual([chat.type, requests], ['channel', 3])
    })

    it('takes an answer that comes before the upload is over', async () => {
      const files = await serve((_request, response) => {
        response.statusCode = 401
        response.end(JSON.stringify({ ok: false, error_code: 401, description: 'Unauthorized' }))
      })

      const source = piecesOf(randomBytes(40 * MIB))
      const error = await failureOf(
        files.sendDocument({ token, chatId: 1, fileName: 'x', sizeBytes: 40 * MIB, source }),
        token,
      )

      assert.deepEqual([error.reason, error.outcome], ['token', 'not-done'])
    })
  })
})
