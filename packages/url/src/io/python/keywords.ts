/** Keyword arguments of Python's calling convention, shared with the layers below. */
export { kw } from '@sluice/socket/python'
