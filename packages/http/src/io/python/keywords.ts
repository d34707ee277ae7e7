/** Keyword arguments of Python's calling convention, shared with the layer below. */
export { kw } from '@sluice/socket/python'
