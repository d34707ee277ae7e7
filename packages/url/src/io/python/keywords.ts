/** Keyword arguments of Python's calling convention, shared with the layers below. */
export { type Keywords, kw } from '@sluice/socket/python'
