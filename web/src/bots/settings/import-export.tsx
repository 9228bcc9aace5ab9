import { useRef, useState } from 'react'
import { exportBot, importCommands } from '../../../../src/bots/exports/contract.ts'
import { api } from '../../api.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/field.tsx'
import { Select } from '../../ui/select.tsx'
import { say, sayProblem } from '../../ui/toast.tsx'
import { saveResponse } from '../save-response.ts'
import { refreshBots } from '../undo.ts'
import { settingsTexts } from './texts.ts'

const FORMATS = ['json', 'yaml', 'txt'] as const
type Format = (typeof FORMATS)[number]

const formatOf = (name: string): Format => {
  const ending = name.split('.').at(-1)?.toLowerCase()
  return ending === 'yml' ? 'yaml' : (FORMATS.find((each) => each === ending) ?? 'json')
}

/** A bot as a file, and commands out of one. */
export const ImportExport = ({ botid }: { readonly botid: string }) => {
  const t = settingsTexts.use()
  const [format, setFormat] = useState<Format>('json')
  const [withData, setWithData] = useState(false)
  const [removeOld, setRemoveOld] = useState(false)
  const picker = useRef<HTMLInputElement>(null)
  const save = async (): Promise<void> => {
    try {
      const query = { format, include_data: withData }
      await saveResponse(await api.raw(exportBot, { params: { botid }, query }), `bot.${format}`)
    } catch (error) {
      sayProblem(error)
    }
  }
  const load = async (file: File): Promise<void> => {
    try {
      const body = {
        import_data: await file.text(),
        format: formatOf(file.name),
        remove_old_commands: removeOld,
        include_data: withData,
      }
      const { result } = await api.call(importCommands, { params: { botid }, body })
      say(result)
    } catch (error) {
      sayProblem(error)
    }
    await refreshBots()
  }
  return (
    <section className="bots-section">
      <h2>{t.transferHead}</h2>
      <div className="bots-row">
        <Select
          label={t.format}
          choices={FORMATS.map((id) => ({ id, name: id.toUpperCase() }))}
          value={format}
          onChange={setFormat}
        />
        <Button onPress={() => void save()}>{t.export}</Button>
      </div>
      <Checkbox isSelected={withData} onChange={setWithData}>
        {t.withData}
      </Checkbox>
      <p className="bots-muted">{t.importText}</p>
      <Checkbox isSelected={removeOld} onChange={setRemoveOld}>
        {t.removeOld}
      </Checkbox>
      <div className="bots-row">
        <Button onPress={() => picker.current?.click()}>{t.import}</Button>
        <input
          ref={picker}
          type="file"
          accept=".json,.yaml,.yml,.txt"
          hidden
          onChange={({ target }) => {
            const [file] = target.files ?? []
            if (file !== undefined) void load(file)
            target.value = ''
          }}
        />
      </div>
    </section>
  )
}
