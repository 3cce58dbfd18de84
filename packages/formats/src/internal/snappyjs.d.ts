declare module "snappyjs" {
  const snappy: {
    readonly compress: (plain: Buffer) => Buffer
    readonly uncompress: (packed: Buffer, longest?: number) => Buffer
  }
  export default snappy
}
