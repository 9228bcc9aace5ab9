import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronRight, Folder, HardDrive, Link2, Trash2, UsersRound } from 'lucide-react'
import { useState } from 'react'
import type { Folder as StoredFolder } from '../../../../src/files/folders/contract.ts'
import { teamsQuery } from '../../app/teams.ts'
import { foldersQuery, type Team } from '../queries.ts'
import { filesTexts } from '../texts.ts'
import { useDropTarget } from './drag.ts'
import { useFilesAddress } from './use-goto.ts'

const PAGES = [
  { name: 'links', Icon: Link2 },
  { name: 'trash', Icon: Trash2 },
  { name: 'storage', Icon: HardDrive },
] as const

const inTeam = (team: Team) => (team === undefined ? {} : { team })

/** Drives with their folders, and the other pages about files. */
export const Side = ({ onGo }: { readonly onGo?: () => void }) => {
  const t = filesTexts.use()
  const { search } = useFilesAddress()
  const teams = useQuery(teamsQuery)
  return (
    <nav className="side" aria-label={t.places} onClickCapture={(event) => isLink(event.target) && onGo?.()}>
      <ul className="tree">
        <Drive name={t.myFiles} team={undefined} />
        {teams.data?.map(({ id, name }) => (
          <Drive key={id} name={name} team={id} />
        ))}
      </ul>
      <ul className="tree">
        {PAGES.map(({ name, Icon }) => (
          <li key={name}>
            <Link
              className="tree-row"
              to="/files/$"
              params={{ _splat: name }}
              search={name === 'trash' ? inTeam(search.team) : {}}
              activeOptions={{ includeSearch: false }}
            >
              <Icon aria-hidden size={18} strokeWidth={1.75} />
              <span>{t[name]}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}

const isLink = (target: EventTarget): boolean => target instanceof Element && target.closest('a') !== null

const Drive = ({ name, team }: { readonly name: string; readonly team: Team }) => {
  const { place, search } = useFilesAddress()
  const [isOpen, setIsOpen] = useState(team === undefined)
  const isHere = place.kind === 'folder' && place.id === null && search.team === team
  return (
    <Node
      id={null}
      name={name}
      team={team}
      isOpen={isOpen}
      onOpen={setIsOpen}
      isHere={isHere}
      icon={team === undefined ? <HardDrive aria-hidden size={18} /> : <UsersRound aria-hidden size={18} />}
    />
  )
}

const Branch = ({ folder, team }: { readonly folder: StoredFolder; readonly team: Team }) => {
  const { place } = useFilesAddress()
  const [isOpen, setIsOpen] = useState(false)
  return (
    <Node
      id={folder.id}
      name={folder.name}
      team={team}
      isOpen={isOpen}
      onOpen={setIsOpen}
      isHere={place.kind === 'folder' && place.id === folder.id}
      icon={<Folder aria-hidden size={18} strokeWidth={1.75} />}
    />
  )
}

interface NodeProps {
  readonly id: string | null
  readonly name: string
  readonly team: Team
  readonly isOpen: boolean
  readonly onOpen: (isOpen: boolean) => void
  readonly isHere: boolean
  readonly icon: React.ReactNode
}

const Node = ({ id, name, team, isOpen, onOpen, isHere, icon }: NodeProps) => {
  const t = filesTexts.use()
  const below = useQuery({ ...foldersQuery(id, team), enabled: isOpen })
  const target = useDropTarget(id, name, team)
  const isLeaf = below.data?.length === 0 && id !== null
  return (
    <li>
      <div className="tree-line" {...target}>
        <button
          type="button"
          className="tree-twist"
          data-leaf={isLeaf || undefined}
          aria-expanded={isOpen}
          aria-label={t.expand(name)}
          onClick={() => onOpen(!isOpen)}
        >
          <ChevronRight aria-hidden size={16} />
        </button>
        <Link
          className="tree-row"
          to="/files/$"
          params={{ _splat: id ?? '' }}
          search={inTeam(team)}
          activeProps={{}}
          data-here={isHere || undefined}
        >
          {icon}
          <bdi>{name}</bdi>
        </Link>
      </div>
      {isOpen && (below.data?.length ?? 0) > 0 && (
        <ul>
          {below.data?.map((folder) => (
            <Branch key={folder.id} folder={folder} team={team} />
          ))}
        </ul>
      )}
    </li>
  )
}
