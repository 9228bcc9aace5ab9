/** Hands an answer to the browser as a file to keep, under the name that the server gave it. */
export const saveResponse = async (response: Response, fallback: string): Promise<void> => {
  const named = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1]
  const address = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = address
  link.download = named ?? fallback
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 1_000)
}
